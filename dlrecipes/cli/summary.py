"""What a finished run says on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from dlrecipes.results import RunResult
    from dlrecipes.run import Run


def print_summary(run: Run) -> None:
    """Print the verdict, what was measured beside it, and where the files are.

    Args:
        run: A finished run.
    """
    result: RunResult = run.result
    console = Console(soft_wrap=True, highlight=False)
    if result.verdict is not None and result.test is not None:
        verdict, test = result.verdict, result.test
        console.print(f"\n{verdict.sentence}", style="bold", markup=False)
        console.print(
            f"Difference in {verdict.metric}, in the network's favour: {verdict.difference:+.4g} "
            f"± {verdict.interval:.2g} (95 %).",
            f"This test set was opened {_times(test.opened, 'time')}, by "
            f"{_times(test.studies, 'run')}.",
            sep="\n",
            markup=False,
        )
        for one in result.subgroups:
            if one.part == "test":
                console.print(one.sentence, markup=False)
    if result.ensemble is not None:
        gain = result.ensemble.test_gain or result.ensemble.validation_gain
        console.print(gain.sentence, markup=False)
    if result.threshold is not None:
        chosen = result.threshold
        console.print(
            f"Threshold {chosen.threshold:.4g} for {chosen.goal}, {chosen.value:.4g} on the "
            "validation part" + _decided(result),
            markup=False,
        )
    for name, file in result.artifacts.items():
        console.print(f"{name:12} {run.directory / file}", markup=False)
    console.print(f"{'time':12} {result.seconds['total']:.0f} s", markup=False)


def _decided(result: RunResult) -> str:
    if result.test is None or not result.test.at_threshold:
        return "."
    scores = result.test.at_threshold
    named = ", ".join(f"{name} {scores[name]:.4g}" for name in ("precision", "recall", "f1"))
    return f"; on the test part {named}."


def _times(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
