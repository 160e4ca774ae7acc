import cProfile,pstats
def test_p(site):
    site.pair()
    site.pmsync("sync"); site.pmsync("doctor")
    pr=cProfile.Profile(); pr.enable()
    for _ in range(5): site.pmsync("sync","--json")
    pr.disable()
    pstats.Stats(pr).sort_stats("cumtime").print_stats(45)
