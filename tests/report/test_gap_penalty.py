import re
from dataclasses import replace

from dlrecipes.report import write_report
from dlrecipes.results import PenalisedTrial, PenaltyResult


def test_winner_and_the_best_without_it_stand_side_by_side(make_run, tmp_path):
    run = make_run()
    run.result = replace(
        run.result,
        comparisons=tuple(replace(one, gap=0.1234) for one in run.result.comparisons),
        gap_penalty=PenaltyResult(
            "sex: accuracy=1",
            "Trials were compared by a < b.",
            "It cost little.",
            PenalisedTrial("fine", 3, 0.8111, 0.0222, 0.7889),
            PenalisedTrial("coarse", 7, 0.8333, 0.2444, 0.5889),
        ),
    )
    page = write_report(run.write(tmp_path / "run")).read_text(encoding="utf-8")
    assert "Trials were compared by a &lt; b. It cost little." in page
    table = page[page.index("It cost little.") :]
    numbers = re.findall(r"<td[^>]*>([^<]+)</td>", table)[:10]
    assert numbers == [
        "0.8111", "0.0222", "0.7889", "fine", "3", "0.8333", "0.2444", "0.5889", "coarse", "7",
    ]  # fmt: skip
    assert page.count("<td>0.1234</td>") == 2


def test_no_word_of_it_without_one(make_run, tmp_path):
    page = write_report(make_run().write(tmp_path / "run")).read_text(encoding="utf-8")
    assert "penalty</th>" not in page
    assert "<th>gap</th>" not in page
