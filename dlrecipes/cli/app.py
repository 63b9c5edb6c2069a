"""The commands.

Heavy imports stand inside the commands, so that `--help`, `list` and mistakes answer at once.
"""

from __future__ import annotations

import logging
import shutil
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from dlrecipes.cli.lessons import lesson, list_lessons
from dlrecipes.cli.messages import loading, one_message, resume_hint, waited
from dlrecipes.cli.options import (
    RecipeCommand,
    check_extra,
    check_same_options,
    read_extra,
    read_numbers,
    typed_options,
)
from dlrecipes.cli.summary import (
    open_run,
    print_curve,
    print_findings,
    print_rates,
    print_summary,
)
from dlrecipes.quiet import quiet_start

if TYPE_CHECKING:
    from dlrecipes.recipe import Recipe
    from dlrecipes.search import Listener

NEWEST = "newest"
STRONGEST = "the strongest"

app = typer.Typer(
    name="dlrecipes",
    help="Deep-learning recipes for Keras: searched, tested and exported honestly.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
RecipeArgument = Annotated[str, typer.Argument(help="A bundled recipe's name, or a .py file.")]
RunArgument = Annotated[Path, typer.Argument(help="A run directory.")]


def main() -> None:
    """Run the command line.

    A bare `--resume` stands for the newest unfinished run, a bare `--baseline` for the strongest.
    """
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    app(args=with_values(sys.argv[1:]))


def with_values(words: list[str]) -> list[str]:
    """Return the words of a command line with values for the options that may stand alone.

    Args:
        words: Those behind the program's name.
    """
    bare = {"--resume": NEWEST, "--baseline": STRONGEST}
    return [
        f"{word}={bare[word]}"
        if word in bare and (after is None or after.startswith("-"))
        else word
        for word, after in zip(words, [*words[1:], None], strict=True)
    ]


@app.command("list")
def list_recipes(
    lessons: Annotated[
        bool, typer.Option("--lessons", help="List the lessons: a claim of a lecture each.")
    ] = False,
    task: Annotated[
        str | None, typer.Option(help="Only recipes for this: images, tables, text or series.")
    ] = None,
) -> None:
    """List the recipes: what each shows, how long it takes, what to expect."""
    with one_message():
        if lessons:
            list_lessons()
            return
        from dlrecipes.recipe import recipes_for

        table = Table("recipe", "task", "shows", "minutes", "expected", box=None, pad_edge=False)
        for facts in recipes_for(task):
            row = facts.name, facts.task, facts.shows, f"{facts.minutes:g}", facts.expected
            table.add_row(*row)
        Console().print(table)


app.command("lesson")(lesson)


@app.command()
def copy(
    name: Annotated[str, typer.Argument(help="A bundled recipe's name.")],
    dest: Annotated[Path | None, typer.Argument(help="File or folder; here by default.")] = None,
) -> None:
    """Copy a recipe to edit."""
    with one_message():
        with quiet_start():
            from dlrecipes.errors import RecipeError
            from dlrecipes.recipe import recipe_path
            from dlrecipes.results import written_whole
        source = recipe_path(name)
        target = dest or Path(source.name)
        target = target / source.name if target.is_dir() else target
        if target.suffix != ".py":
            raise RecipeError(
                "A copy must be a .py file, or go into a folder that exists.",
                received=f"{target}",
                fix=f"For example {target}.py.",
            )
        if target.exists():
            raise RecipeError(
                "A copy must not overwrite a file.",
                received=f"{target}, which exists",
                fix="Give another destination.",
            )
        with written_whole(target) as partial:
            shutil.copyfile(source, partial)
        typer.echo(f"{target}\nEdit it, then: dlrecipes tune {target}")


@app.command(
    cls=RecipeCommand,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def check(
    context: typer.Context,
    recipe: RecipeArgument,
    data: Annotated[str | None, typer.Option(help="The data, for recipes that take it.")] = None,
    target: Annotated[str | None, typer.Option(help="The target column.")] = None,
) -> None:
    """Say what is wrong with data and default network before a search.

    A few steps of that network are tried; nothing of them is kept.

    Further options are arguments of the recipe's own `load`; `dlrecipes check RECIPE --help` lists
    them. The exit status is 1 where something is an error.
    """
    with one_message():
        with loading(json=False), quiet_start():
            from dlrecipes.recipe import load_recipe
            from dlrecipes.training.engines import describe_device

            describe_device()
        chosen = load_recipe(recipe)
        found = chosen.check(**_source(context, chosen, data, target))
    print_findings(found)
    if any(finding.severity == "error" for finding in found):
        raise typer.Exit(1)


@app.command(
    cls=RecipeCommand,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def lr(
    context: typer.Context,
    recipe: RecipeArgument,
    data: Annotated[str | None, typer.Option(help="The data, for recipes that take it.")] = None,
    target: Annotated[str | None, typer.Option(help="The target column.")] = None,
    weight_decay: Annotated[
        str | None,
        typer.Option(help="Weight decays to try with it, such as 0,1e-5,1e-4,1e-3."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The picture to write; lr-RECIPE.html by default.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of first weights and order.")] = 0,
) -> None:
    """Say which learning rate the recipe's default network bears: a range test, and its picture.

    Further options are arguments of the recipe's own `load`; `dlrecipes lr RECIPE --help` lists
    them.
    """
    with one_message():
        decays = read_numbers("--weight-decay", weight_decay or "")
        with loading(json=False), quiet_start():
            from dlrecipes.recipe import load_recipe
            from dlrecipes.training.engines import describe_device

            describe_device()
        chosen = load_recipe(recipe)
        source = _source(context, chosen, data, target)
        page = out or Path(f"lr-{chosen.name}.html")
        _check_page(page)
        found = chosen.lr(weight_decays=decays, seed=seed, **source)
        print_rates(found, found.picture(page))


@app.command(
    cls=RecipeCommand,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def tune(  # noqa: PLR0913  (one argument an option)
    context: typer.Context,
    recipe: RecipeArgument,
    data: Annotated[str | None, typer.Option(help="The data, for recipes that take it.")] = None,
    target: Annotated[str | None, typer.Option(help="The target column.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The run directory to make; with a bare --resume, the folder of runs to look in."
        ),
    ] = None,
    trials: Annotated[int | None, typer.Option(help="Search trials; 0 with --resume.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Epochs of a full trial.")] = None,
    minutes: Annotated[
        float | None,
        typer.Option(
            help="The time of the whole run, into which trials, epochs and refits are fitted; with "
            "--trials the search ends after this, and refits are extra."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of everything but the split.")] = 0,
    folds: Annotated[
        int | None, typer.Option(help="Score trials by the mean over so many folds.")
    ] = None,
    repeats: Annotated[int, typer.Option(help="Draw the folds so often.")] = 1,
    threshold: Annotated[
        str | None,
        typer.Option(
            help="Of two classes, choose the threshold for f1, recall@precision=0.9, "
            "precision@recall=0.8 or cost=1:10 (false positive : false negative)."
        ),
    ] = None,
    ensemble: Annotated[
        int,
        typer.Option(help="Average so many trials and refits in one model, too, at most."),
    ] = 0,
    gap_penalty: Annotated[
        str | None,
        typer.Option(
            help="Take a gap between groups off a trial's score: 'COLUMN: MEASURE=WEIGHT', such as "
            "'sex: true positive rate=1'."
        ),
    ] = None,
    baseline_seconds: Annotated[
        float, typer.Option(help="What the baselines may take together.")
    ] = 60.0,
    engine: Annotated[str, typer.Option(help="auto, population, resident or fit.")] = "auto",
    precision: Annotated[
        str, typer.Option(help="auto, float32, mixed_bfloat16 or mixed_float16.")
    ] = "auto",
    storage: Annotated[
        str | None, typer.Option(help="A database URL for Optuna; a journal file by default.")
    ] = None,
    resume: Annotated[
        str | None,
        typer.Option(help="Go on with this run; without a directory, the newest unfinished."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="Change the plan: field=value, stage.field=value, limits.dropout=0,0.9 or "
            "fine.ranges.learning_rate=1e-4,1e-2.",
        ),
    ] = None,
    tries: Annotated[
        list[str] | None,
        typer.Option(
            "--try",
            help="Try these values first, such as learning_rate=0.01,dropout=0.2; what is left "
            "out is proposed. Once more for others.",
        ),
    ] = None,
    like: Annotated[
        Path | None,
        typer.Option(help="Begin like this earlier run, on a similar task, ended."),
    ] = None,
    compare: Annotated[bool, typer.Option(help="Run simpler searches at equal cost.")] = False,
    human_error: Annotated[
        float | None,
        typer.Option(
            help="The error that people make, such as 0.02: bias is measured against it, not "
            "against the best baseline."
        ),
    ] = None,
    lr_range_test: Annotated[
        bool,
        typer.Option(
            "--lr-range-test", help="Begin around the learning rate that a range test suggests."
        ),
    ] = False,
    sealed: Annotated[
        bool | None,
        typer.Option(
            "--sealed/--open",
            help="Leave the test set closed, or open it though an earlier run has; without "
            "either it is opened unless an earlier run has.",
            show_default=False,
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON only.")] = False,
) -> None:
    """Carry out the whole procedure: search, export, test, report.

    Further options, as in --split-seed 1, are arguments of the recipe's own `load`; `dlrecipes tune
    RECIPE --help` lists them.
    """
    began = monotonic()
    listeners: list[Listener] = []
    with one_message(lambda: resume_hint(recipe, listeners)):
        with loading(json=json), quiet_start():
            from dlrecipes.cli.listeners import make_listener
            from dlrecipes.recipe import load_recipe
            from dlrecipes.results import RunSettings
            from dlrecipes.rundir import RunDirectory, newest_unfinished
            from dlrecipes.search import with_budget, with_first_trial, with_setting
            from dlrecipes.training.engines import describe_device

            describe_device()  # the first look for a GPU writes lines of its own
        options = RunSettings(
            engine=engine,
            precision=precision,
            storage=storage,
            out=out,
            seed=seed,
            minutes=minutes,
            folds=folds,
            repeats=repeats,
            threshold=threshold,
            ensemble=ensemble,
            gap_penalty=gap_penalty,
            sealed=sealed,
            baseline_seconds=baseline_seconds,
            lr_range_test=lr_range_test,
            like=like,
            human_error=human_error,
        )
        chosen = load_recipe(recipe)
        source = _source(context, chosen, data, target)
        if resume is None:
            plan = with_budget(chosen.plan, trials, epochs)
        else:
            directory = (
                newest_unfinished(out or Path("runs"), chosen.name)
                if resume == NEWEST
                else RunDirectory.existing(resume)
            )
            info = directory.read_info()
            check_same_options(context, directory.path, info, source, chosen.source_of(info))
            plan = with_budget(info.plan, trials, epochs)
        for setting in settings or []:
            plan = with_setting(plan, setting)
        for values in tries or []:
            plan = with_first_trial(plan, values)
        listener = make_listener(chosen, json=json)
        listeners.append(listener)
        with listener:
            if resume is None:
                asked = _asked_fields(settings or [])
                options, time_plan = chosen.divide_time(
                    options,
                    trials=trials is not None or "trials" in asked,
                    epochs=epochs is not None or "epochs" in asked,
                )
                run = chosen.tune(
                    plan=plan,
                    settings=options,
                    listener=listener,
                    compare=compare,
                    time_plan=time_plan,
                    began=began,
                    **source,
                )
            else:
                run = chosen.resume(
                    directory.path,
                    plan=plan,
                    minutes=minutes,
                    storage=storage,
                    listener=listener,
                    compare=compare,
                    sealed=sealed,
                    began=began,
                )
        if json:
            typer.echo(run.result_json)
        else:
            print_summary(run, waited(began, listener.phases))


def _asked_fields(settings: Sequence[str]) -> set[str]:
    """Return the fields that `--set` changes, of whatever stage: `"trials"`, `"batch_size"`."""
    return {setting.partition("=")[0].strip().rpartition(".")[2] for setting in settings}


def _check_page(page: Path) -> None:
    """Refuse a page that cannot be written, before anything trains for it."""
    from dlrecipes.errors import ArgumentError

    if page.is_dir():
        raise ArgumentError(
            "A page is a file.",
            received=f"{page}, a folder",
            fix=f"For example --out {page / 'page.html'}.",
        )
    if not page.resolve().parent.is_dir():
        raise ArgumentError(
            "A page is written into a folder that exists.",
            received=f"{page}, and there is no folder {page.parent}",
            fix=f"Make the folder first, or for example --out {page.name}.",
        )


def _source(
    context: typer.Context, chosen: Recipe, data: str | None, target: str | None
) -> dict[str, Any]:
    """Return the arguments of a recipe's `load` that stand on the command line."""
    options_known = [word for option in context.command.params for word in option.opts]
    extra = read_extra(context.args, options_known)
    check_extra(extra, chosen, options_known)
    given = {"data": data, "target": target, **extra}
    return typed_options({name: text for name, text in given.items() if text is not None}, chosen)


@app.command(
    cls=RecipeCommand,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def curve(  # noqa: PLR0913  (one argument an option)
    context: typer.Context,
    recipe: RecipeArgument,
    data: Annotated[str | None, typer.Option(help="The data, for recipes that take it.")] = None,
    target: Annotated[str | None, typer.Option(help="The target column.")] = None,
    run: Annotated[
        Path | None,
        typer.Option(help="A finished run, whose winner is trained; the defaults otherwise."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="The page to write; learning_curve.html, in the run's directory."),
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Epochs of a training.")] = None,
    seeds: Annotated[int, typer.Option(help="Trainings for each number of examples.")] = 3,
    first: Annotated[
        float | None,
        typer.Option(help="Examples to begin with, or their share below 1; a sixteenth otherwise."),
    ] = None,
) -> None:
    """Say what more data would bring: train on more and more of the examples.

    Further options are arguments of the recipe's own `load`; `dlrecipes curve RECIPE --help` lists
    them.
    """
    with one_message():
        with loading(json=False), quiet_start():
            from dlrecipes.cli.listeners import make_listener
            from dlrecipes.recipe import load_recipe
            from dlrecipes.report import write_learning_curve
            from dlrecipes.rundir import RunDirectory
            from dlrecipes.training.engines import describe_device

            describe_device()
        chosen = load_recipe(recipe)
        source = _source(context, chosen, data, target)
        page = out or (run or Path()) / "learning_curve.html"
        if run is not None:
            RunDirectory.existing(run)
        _check_page(page)
        begun = int(first) if first is not None and first >= 1 else first
        with make_listener(chosen, json=False) as listener:
            found = chosen.curve(
                run, epochs=epochs, seeds=seeds, first=begun, listener=listener, **source
            )
        write_learning_curve(found, page.resolve(), chosen.name)
    print_curve(found)
    typer.echo(page)


@app.command("open")
def open_test_set(
    run: RunArgument,
    reason: Annotated[
        str, typer.Option(help="Why, for the ledger of openings.")
    ] = "final score of the procedure",
) -> None:
    """Open the test set of a run that stayed sealed, and report."""
    began = monotonic()
    with one_message():
        with loading(json=False), quiet_start():
            from dlrecipes.cli.listeners import make_listener
            from dlrecipes.recipe import load_recipe_of
            from dlrecipes.run import Run

            recipe = load_recipe_of(Run(run).info)
        listener = make_listener(recipe, json=False)
        with listener:
            opened = recipe.open(run, reason, listener=listener)
        print_summary(opened, waited(began, listener.phases))


@app.command()
def report(run: RunArgument) -> None:
    """Write the report of a run again."""
    with one_message():
        opened = open_run(run)
        typer.echo(opened.report())


@app.command()
def export(
    run: RunArgument,
    format: Annotated[  # noqa: A002  (the word users know)
        str, typer.Option(help="saved_model, keras, ensemble_saved_model or ensemble_keras.")
    ] = "saved_model",
    baseline: Annotated[
        str | None,
        typer.Option(
            help="Export this baseline instead, such as 'LightGBM'; without a name, at the end, "
            "the strongest."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The folder of the baseline; RUN/baseline by default.")
    ] = None,
) -> None:
    """Export the model and compare it with the saved predictions.

    A baseline is fitted again on the run's data, as it was chosen, and compared with what it
    reached; `dlrecipes.load_baseline` loads it.
    """
    with one_message():
        if baseline is not None:
            with loading(json=False), quiet_start():
                from dlrecipes.cli.listeners import make_listener
                from dlrecipes.recipe import load_recipe_of
                from dlrecipes.run import Run

                recipe = load_recipe_of(Run(run).info)
            name = None if baseline == STRONGEST else baseline
            with make_listener(recipe, json=False) as listener:
                folder = recipe.export_baseline(run, name, out, listener=listener)
            typer.echo(folder)
            return
        opened = open_run(run)
        with quiet_start():
            path = opened.export(format)
        typer.echo(path)


def _flag(name: str, text: str | None) -> bool | None:
    from dlrecipes.recipe.load_options import LoadOption, value_of_text

    return None if text is None else bool(value_of_text(LoadOption(name, None, kind=bool), text))


@app.command()
def predict(
    run: RunArgument,
    inputs: Annotated[
        Path,
        typer.Argument(
            help="Raw inputs: .csv, .tsv, .parquet, .npy, .npz, an image, or a folder of images "
            "or texts."
        ),
    ],
    out: Annotated[Path | None, typer.Option(help="CSV to write; the screen by default.")] = None,
    header: Annotated[
        str | None,
        typer.Option(help="yes or no: whether the first row names a table's columns."),
    ] = None,
    encoding: Annotated[
        str | None,
        typer.Option(help="A table's text encoding, where it is not the training table's."),
    ] = None,
    separator: Annotated[
        str | None,
        typer.Option(help="Its separator, likewise: a character, tab or space."),
    ] = None,
    quoting: Annotated[
        str | None,
        typer.Option(help="yes or no: whether quotes hold its cells together, likewise."),
    ] = None,
) -> None:
    """Predict with the exported model: labels and probabilities, or values, as CSV.

    A table is read as the training table was; without a header, columns go by their position.
    First come its columns of the time, the series or the group, and those that were left out of
    training as identifiers. Of a series, the rows to come are predicted, those with an empty
    target; all rows where none is empty.
    """
    with one_message():
        opened = open_run(run)
        with quiet_start():
            from dlrecipes.data import TableReading
            from dlrecipes.errors import DataWarning
            from dlrecipes.results import write_text

            read: dict[str, Any] = {
                "header": _flag("header", header),
                "encoding": encoding,
                "separator": TableReading(separator=separator).file.separator,
                "quoting": _flag("quoting", quoting),
            }
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always", DataWarning)
                table = opened.predict_table(inputs, **read)
        for warning in caught:
            if issubclass(warning.category, DataWarning):
                typer.echo(f"warning: {warning.message}", err=True)
        if out is None:
            typer.echo(table, nl=False)
            return
        if out.exists() and not out.is_file():  # a pipe or a device: nothing may take its place
            out.write_text(table, encoding="utf-8")
        else:
            write_text(out.resolve(), table)
        typer.echo(out)
