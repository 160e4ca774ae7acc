"""smoke"""
import time

def test_smoke(bench):
    key = bench.file_jira("Login fails", description="It says 500.", labels=["Bug"], status="In Progress", priority="High")
    t=time.time()
    report = bench.sync()
    print(time.time()-t, report, bench.told())
    for c in bench.calls(): print(c.system, c.name, c.write)
    t=time.time()
    bench.forget()
    print(bench.sync(), time.time()-t)
    for c in bench.calls(): print(c.system, c.name, c.write)
    bench.clock.sleep(700)
    bench.forget()
    print(bench.sync(), time.time()-t)
    for c in bench.calls(): print(c.system, c.name, c.write)
    print(bench.outcome())
    t=time.time()
    f=bench.freeze(); print("freeze", time.time()-t); t=time.time(); bench.thaw(f); print("thaw", time.time()-t); t=time.time(); bench.app; print("start", time.time()-t)
    t=time.time(); bench.sync(); print("sync", time.time()-t)
    assert 0
