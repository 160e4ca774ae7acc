"""The page's looks: one palette for light, one for dark, and what changes on paper and on a phone."""

from __future__ import annotations

from collections.abc import Mapping

LIGHT: Mapping[str, str] = {
    "paper": "#f6f6f4",
    "card": "#ffffff",
    "band": "#eeeeec",
    "ink": "#1b1f27",
    "soft": "#5c6473",
    "line": "#dfe1e6",
    "track": "#e6e8ec",
    "now": "#0d7a6f",
    "next": "#4a4fd6",
    "later": "#a8590a",
    "exploring": "#667085",
    "shipped": "#2e7d32",
    "none": "#8a919e",
    "alert": "#c02626",
    "p-critical": "#c02626",
    "p-high": "#b8490f",
    "p-medium": "#85640a",
    "p-low": "#4b6584",
    "p-minor": "#6b7280",
}
DARK: Mapping[str, str] = {
    "paper": "#13161b",
    "card": "#1c2128",
    "band": "#181c22",
    "ink": "#e9ebef",
    "soft": "#9ca6b5",
    "line": "#2f3641",
    "track": "#2d343f",
    "now": "#3fd0bd",
    "next": "#9aa0ff",
    "later": "#f0a848",
    "exploring": "#9aa5b8",
    "shipped": "#6cc970",
    "none": "#7d8695",
    "alert": "#ff7b72",
    "p-critical": "#ff8a80",
    "p-high": "#ffa366",
    "p-medium": "#e3bd5b",
    "p-low": "#9bb8d9",
    "p-minor": "#a3abb8",
}


def colours(palette: Mapping[str, str]) -> str:
    """A palette as custom properties."""
    return "".join(f"--{name}:{value};" for name, value in palette.items())


def sheet() -> str:
    """The whole style sheet."""
    dark = f"@media screen and (prefers-color-scheme:dark){{:root{{{colours(DARK)}}}}}"
    return f":root{{color-scheme:light dark;{colours(LIGHT)}}}{dark}{_LAYOUT}"


_LAYOUT = """
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);line-height:1.5;
font:16px/1.5 -apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Noto Sans","Liberation Sans",sans-serif}
svg text{font-family:inherit}
main{max-width:1240px;margin:0 auto;padding:32px 24px 48px}
h1{font-size:30px;line-height:1.2;margin:0 0 4px;letter-spacing:-.02em}
h2{font-size:22px;margin:44px 0 4px;letter-spacing:-.01em}
h3{font-size:13px;margin:28px 0 12px;color:var(--soft);text-transform:uppercase;letter-spacing:.06em}
p{margin:0 0 12px;max-width:70ch}
.soft{color:var(--soft);font-size:14px}
.vision{font-size:19px;margin:12px 0 16px}
.chips{display:flex;flex-wrap:wrap;gap:8px;margin:0 0 12px;padding:0;list-style:none}
.chips li{border:1px solid var(--line);border-radius:99px;padding:2px 12px;font-size:14px;background:var(--card)}
.aims{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(280px,100%),1fr));gap:12px}
.aim{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 16px;font-size:14px;overflow-wrap:anywhere}
.aim b{display:block;font-size:15px}
.aim ul{list-style:none;margin:8px 0 0;padding:0}
.aim li{margin-top:8px}
.way{display:block;height:5px;border-radius:3px;background:var(--track);margin-top:4px;overflow:hidden}
.way i{display:block;height:100%;background:var(--now)}
.board{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(264px,100%),1fr));gap:20px;align-items:start}
.column{width:100%;max-width:420px;display:block}
.scroll{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:12px;padding:10px}
.timeline{width:100%;min-width:720px;display:block}
.key{display:flex;flex-wrap:wrap;gap:4px 18px;margin:10px 0 0;padding:0;list-style:none;font-size:13px;color:var(--soft)}
.key li::before{content:"";display:inline-block;width:10px;height:10px;border-radius:3px;margin-right:6px;background:var(--c)}
.key li.rough::before{background:none;border:1px dashed var(--soft)}
.decided{padding-left:20px;margin:0}
.decided li{margin-bottom:6px;overflow-wrap:anywhere}
details{margin-top:28px}
summary{cursor:pointer;color:var(--soft);font-size:14px}
.wide{overflow-x:auto;margin-top:8px}
table{border-collapse:collapse;font-size:13px;min-width:100%}
th,td{text-align:left;padding:6px 12px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}
th{color:var(--soft);font-weight:600}
footer{margin-top:48px;padding-top:12px;border-top:1px solid var(--line)}
@media (max-width:600px){main{padding:20px 14px 32px}h1{font-size:25px}.vision{font-size:17px}.column{max-width:none}}
@media print{
@page{margin:14mm}
body{background:#fff;font-size:11pt;-webkit-print-color-adjust:exact;print-color-adjust:exact}
main{padding:0;max-width:none}
.scroll{overflow:visible;border:0;padding:0}
.timeline{min-width:0}
.board{grid-template-columns:repeat(3,1fr);gap:12px}
h2{break-before:page}
main>section:first-of-type h2{break-before:auto}
h2,h3{break-after:avoid}
.aim,.scroll,.decided li{break-inside:avoid}
details{display:none}
}
"""
