import json

import pytest
from measuring.record import Record
from rich.table import Table


def test_a_program_goes_on_from_its_file(tmp_path):
    file, made = tmp_path / "record.json", []

    def measure():
        made.append(1)
        return {"seconds": 2.0}

    for _ in range(2):
        record = Record(file, "peers", {"epochs": 3})
        assert record.measure("round 1", measure) == {"seconds": 2.0}
    assert made == [1]
    record.conclude([{"ratio": 1.0}], Table("ratio"))
    content = json.loads(file.read_text())
    assert content["measurements"] == {"round 1": {"seconds": 2.0}}
    assert content["summary"] == [{"ratio": 1.0}]
    assert content["machine"]["cores"] >= 1
    assert {"python", "tensorflow", "dlrecipes"} <= set(content["versions"])
    assert content["command"].startswith("python ")


def test_other_settings_need_another_file(tmp_path):
    file = tmp_path / "record.json"
    Record(file, "peers", {"epochs": 3}).measure("round 1", dict)
    with pytest.raises(SystemExit, match="other settings: give another --json FILE"):
        Record(file, "peers", {"epochs": 4})
