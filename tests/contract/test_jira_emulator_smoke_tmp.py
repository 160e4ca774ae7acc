import httpx, pytest
from pmsync.net.clock import VirtualClock
from pmsync.testing.emulator import transport
from pmsync_jira.emulator import JiraEmulator
def test_x(jira_validated):
    e=JiraEmulator(VirtualClock()); v=jira_validated(e)
    e.add_project("PAY","Payments")
    e.add_component("PAY","API"); e.add_version("PAY","1.0",release_date="2026-01-01"); lv=e.add_security_level("Staff"); e.add_custom_field("Points","number")
    h=httpx.Client(transport=transport(v),base_url=e.base_url+"/rest/api/3",auth=(e.bot.email,e.bot.token))
    i=e.add_issue("PAY","hello",labels=["b","a"],priority="High",description="x\n\ny",components=["API"],fix_versions=["1.0"],security=lv)
    j=e.add_issue("PAY","two",priority=None); e.comment_issue("PAY-1","712020:1","hi")
    e.edit_issue("PAY-1",e.bot.account_id,status="Done",assignee=e.bot.account_id)
    for p in ("serverInfo","myself","mypermissions?permissions=EDIT_ISSUES&projectKey=PAY","project","project/PAY","project/search","project/PAY/statuses","project/PAY/versions","project/PAY/version","status","priority","priority/search","field","user/bulk?accountId="+e.bot.account_id,"user/search?query=bot","user?accountId="+e.bot.account_id,"issue/createmeta/PAY/issuetypes","issue/createmeta/PAY/issuetypes/10001","issue/PAY-1","issue/PAY-1?expand=names,schema,changelog,transitions,editmeta","issue/PAY-1/editmeta","issue/PAY-1/transitions?expand=transitions.fields","issue/PAY-1/comment?expand=properties","issue/PAY-1/changelog","issueLinkType","issue/PAY-1/properties"):
        r=h.get("/"+p); assert r.status_code==200,(p,r.text)
    for p,b in (("issue",{"fields":{"project":{"key":"PAY"},"issuetype":{"name":"Bug"},"summary":"s"},"properties":[{"key":"pm","value":{"t":1}}]}),
      ("search/jql",{"jql":"project = PAY","fields":["*all"],"properties":["pm"]}),("search/jql",{"jql":"project = PAY"}),("search/approximate-count",{"jql":"project = PAY"}),
      ("issue/bulkfetch",{"issueIdsOrKeys":["PAY-1","PAY-99"],"fields":["summary"]}),("changelog/bulkfetch",{"issueIdsOrKeys":["PAY-1"]}),
      ("issueLink",{"type":{"name":"Blocks"},"inwardIssue":{"key":"PAY-1"},"outwardIssue":{"key":"PAY-2"}}),
      ("issue/PAY-1/remotelink",{"globalId":"g","object":{"url":"http://x","title":"t"}}),("issue/PAY-1/comment",{"body":{"type":"doc","version":1,"content":[]}}),
      ("version",{"name":"2.0","project":"PAY"}),("issue/bulk",{"issueUpdates":[{"fields":{}},{"fields":{"project":{"key":"PAY"},"issuetype":{"name":"Bug"},"summary":"s"}}]})):
        r=h.post("/"+p,json=b); assert r.status_code<300,(p,r.text)
    for p in ("issue/PAY-1?fields=issuelinks","issue/PAY-1/remotelink","issue/PAY-1/remotelink?globalId=g","issue/PAY-3/properties/pm"):
        r=h.get("/"+p); assert r.status_code==200,(p,r.text)
    print(v.checked); assert h.get("/search?jql=x").status_code==410
    assert h.put("/issue/PAY-1/properties/k",json=5).status_code==201
    assert h.put("/issue/PAY-1?returnIssue=true",json={"fields":{"summary":"x"}}).status_code==200
