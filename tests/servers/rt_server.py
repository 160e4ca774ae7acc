"""A real Request Tracker 5 of our own on a loopback port: Debian's package, an SQLite database in a temporary directory, no mail.

Nothing is written outside that directory, and nothing of an RT that may be installed for real is read: configuration, database, caches and
sessions are all ours. ``missing`` says why there can be none here.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import httpx

PACKAGE = Path("/usr/share/request-tracker5")
SETUP = Path("/usr/sbin/rt-setup-database-5")
ROBOT = "pmsync-robot"
PATIENCE = 60.0

CONFIG = r"""
use utf8;
Set($rtname, 'test'); Set($Organization, 'test.local');
Set($WebDomain, '127.0.0.1'); Set($WebPort, PORT); Set($WebPath, '');
Set($WebBaseURL, 'http://127.0.0.1:PORT'); Set($WebURL, 'http://127.0.0.1:PORT/');
Set($DatabaseType, 'SQLite'); Set($DatabaseName, 'FOLDER/rt.sqlite'); Set($DatabaseAdmin, ''); Set($DatabaseUser, '');
Set($CorrespondAddress, 'rt@test.local'); Set($CommentAddress, 'rt-comment@test.local');
Set($MailCommand, 'testfile');
Set($LogToSTDERR, 'error'); Set($LogToSyslog, undef); Set($LogToFile, undef);
Set($MasonDataDir, 'FOLDER/mason'); Set($MasonSessionDir, 'FOLDER/session'); Set($WebSessionClass, 'Apache::Session::File');
Set($BcryptCost, 4);
Set($RestrictReferrer, 0); Set($Timezone, 'UTC'); Set(%GnuPG, Enable => 0); Set(%SMIME, Enable => 0);
1;
"""
"""``BcryptCost`` 12, the default, would cost a quarter of a second on every request."""

SEED = r"""
@Queues = (
  { Name => 'Support', Description => 'Customer support', CorrespondAddress => 'rt@test.local' },
  { Name => 'Billing', Description => 'Bills' },
  { Name => 'Secret',  Description => 'Not for everybody' },
);
@Users = (
  { Name => 'pmsync-robot', RealName => 'Sync Robot', EmailAddress => 'robot@test.local', Privileged => 1, Password => 'not-used-here' },
  { Name => 'reader', RealName => 'Reader', Privileged => 1, Password => 'not-used-here' },
  { Name => 'ana', RealName => 'Ana', EmailAddress => 'ana@test.local', Privileged => 1, Password => 'not-used-here' },
);
@CustomFields = (
  { Name => 'Roadmap Status', Type => 'SelectSingle', LookupType => 'RT::Queue-RT::Ticket',
    Values => [ map { { Name => $_, SortOrder => 1 } } 'under review', 'planned', 'in progress', 'shipped', 'declined' ] },
  { Name => 'Roadmap Key', Type => 'FreeformSingle',   LookupType => 'RT::Queue-RT::Ticket' },
  { Name => 'Tags',        Type => 'FreeformMultiple', LookupType => 'RT::Queue-RT::Ticket' },
  { Name => 'pmsync',      Type => 'FreeformSingle',   LookupType => 'RT::Queue-RT::Ticket' },
  { Name => 'pmsync',      Type => 'FreeformSingle',   LookupType => 'RT::Queue' },
);
@ACL = map { my $right = $_; map { { UserId => 'pmsync-robot', Right => $right, Queue => $_ } } 'Support', 'Billing' }
  qw(SeeQueue ShowTicket ShowTicketComments CreateTicket ModifyTicket CommentOnTicket SeeCustomField ModifyCustomField AdminQueue);
push @ACL, { UserId => 'ana', Right => 'SuperUser' }, { UserId => 'pmsync-robot', Right => 'SeeCustomField' };
push @ACL, map { { UserId => 'reader', Right => $_, Queue => 'Support' } } qw(SeeQueue ShowTicket SeeCustomField);
@Final = (sub {
  for my $name ('pmsync-robot', 'ana', 'reader') {
    my $user = RT::User->new(RT->SystemUser); $user->Load($name);
    my $token = RT::AuthToken->new(RT->SystemUser);
    my ($ok, $message, $text) = $token->Create(Owner => $user->id, Description => 'tests');
    die $message unless $ok;
    open my $file, '>', "$ENV{RT_SEED_DIR}/$name.token" or die $!; print $file $text; close $file;
  }
  my $cfs = RT::CustomFields->new(RT->SystemUser);
  $cfs->UnLimit;
  while (my $cf = $cfs->Next) { my ($ok, $message) = $cf->AddToObject(RT::Queue->new(RT->SystemUser)); die $message unless $ok; }
});
"""


def missing() -> str:
    """Why no server can be started here; "" where one can."""
    if not SETUP.exists() or not (PACKAGE / "libexec" / "rt-server").exists():
        return "no Request Tracker: install the packages request-tracker5, rt5-db-sqlite, rt5-standalone and dbconfig-no-thanks"
    if os.geteuid() != 0:
        return "Debian's Request Tracker reads its own configuration as root alone"
    return ""


class RtServer:
    """One server; ``start`` makes database, queues, fields and accounts, ``stop`` removes all of it again."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pmsync-rt-", dir="/tmp"))
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def token(self, account: str) -> str:
        """The token of ``ROBOT``, of ``ana``, who may everything, or of ``reader``, who may read Support."""
        return (self.folder / f"{account}.token").read_text()

    def start(self) -> None:
        for name in ("mason", "session", "RT_SiteConfig.d"):
            (self.folder / name).mkdir()
        config = CONFIG.replace("PORT", str(self.port)).replace("FOLDER", str(self.folder))
        (self.folder / "RT_SiteConfig.pm").write_text(config)
        (self.folder / "seed.data").write_text(SEED)
        self._setup("--action", "init")
        self._setup("--action", "insert", "--datafile", self.folder / "seed.data")
        server = PACKAGE / "libexec" / "rt-server"
        command = [str(server), "--server", "Starlet", "--host", "127.0.0.1", "--port", str(self.port), "--max-workers", "2"]
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, env=self._environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self._wait()

    def stop(self) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGTERM)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE
        headers = {"authorization": f"token {self.token(ROBOT)}"}
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.url}/REST/2.0/rt", headers=headers, timeout=10).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise AssertionError(f"Request Tracker did not start: {self._log('server.log')}")

    def _setup(self, *arguments: object) -> None:
        command = [str(SETUP), *map(str, arguments), "--dba-password", "", "--skip-create"]
        with (self.folder / "setup.log").open("ab") as log:
            done = subprocess.run(
                command, env=self._environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False, cwd=self.folder
            )
        assert done.returncode == 0, self._log("setup.log")

    def _environment(self) -> dict[str, str]:
        ours = {
            "RT_SITE_CONFIG": str(self.folder / "RT_SiteConfig.pm"),
            "RT_SITE_CONFIG_DIR": str(self.folder / "RT_SiteConfig.d"),
            "RT_SEED_DIR": str(self.folder),
        }
        return {**os.environ, **ours}

    def _log(self, name: str) -> str:
        return (self.folder / name).read_text(errors="replace")[-2000:]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
