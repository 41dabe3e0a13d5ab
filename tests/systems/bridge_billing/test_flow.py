"""From login attributes to the bill, as a drop-in application or the billing service would run it."""

import io
import json
from decimal import Decimal

from tests.systems.bridge_billing.vectors import KTH, A, account, at, lines, run
from usage_service.systems.bridge_billing.allocation import Snapshot
from usage_service.systems.bridge_billing.assigning import Login, log_in
from usage_service.systems.bridge_billing.assignments import History
from usage_service.systems.bridge_billing.emission import bill
from usage_service.systems.bridge_billing.login import LoginRules, from_saml, from_shibboleth, read_login
from usage_service.systems.bridge_billing.output.writers import WRITERS

RULES = LoginRules(entitlement_value="urn:x-example:pgi")


def test_cost_centre_change_splits_bill() -> None:
    first = read_login(from_saml({"departmentNumber": ["20"], "eduPersonEntitlement": ["urn:x-example:pgi"]}), RULES)
    second = read_login(from_shibboleth({"departmentNumber": "30;(null)", "entitlement": "urn:x-example:pgi"}), RULES)
    history = History(account=A)
    for date, facts in (("2012-10-01", first), ("2012-10-16", second)):
        assert facts.entitled
        login = Login(at=at(date), sequencenumber=facts.cost_centre, evidence="https://idp.kth.se")
        history = history.apply(log_in(history, login))
    known = Snapshot([account(A, "A")], [KTH], [history])
    file = io.BytesIO()
    WRITERS["json"](bill(run(lines(("0012345", "2012-10-05", "1"), ("0012345", "2012-10-20", "2")), known)), file)
    records = json.loads(file.getvalue())["records"]
    assert {each["sequencenumber"]: Decimal(each["total_cost"]) for each in records} == {"20": 1, "30": 2}
