import os, sqlite3, socket, pytest
def show(r): print("rc", r.code); print(r.out[:1500]); print("--err"); print(r.err[:2500])
def test_fp(site):
    for c in ("plan","sync","sync"): show(site.pmsync(c))
    s=socket.socket(); s.bind(("127.0.0.1",0)); port=s.getsockname()[1]; s.close()
    site.edit(site.github.base_url, f"http://127.0.0.1:{port}")
    for c in ("sync","sync"): show(site.pmsync(c))
