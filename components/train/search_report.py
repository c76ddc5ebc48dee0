"""The page of a search: what was tried, what came of it, and what each setting does."""

import pandas as pd

from components.common.report import Report
from components.train import search_plots
from components.train.search import FAILED, FINISHED, STOPPED
from components.train.space import space

# The Gaussian process has nothing to say about each setting from fewer trials.
_LEAST_FOR_EFFECTS = 5


def search_report(member_name: str, trials: pd.DataFrame, *, parallel: int = 1) -> Report:
    """The trials of a search.

    Args:
        member_name: whose settings were searched.
        trials: as `search.trial_table` gives them; none is allowed.
        parallel: how many trials ran at once.
    """
    title = f"Search for {member_name}"
    if trials.empty:
        return Report(title, "No trials were asked for: the study's settings were used.")
    report = Report(title, f"{_outcomes(trials)} {_gain(trials)}")
    report.paragraph(_method(parallel))
    report.heading("Convergence").figure(
        search_plots.convergence(trials), "Objective by trial; what is below the finished trials is at the foot"
    )
    dimensions = space(trials.loc[trials["trial"].idxmin(), "learning_rate"])  # around the start, which is trial 1
    report.heading("Trials across all settings").figure(
        search_plots.parallel_coordinates(trials, dimensions),
        "One line a trial, brighter the better; the best is thick, failed ones are dotted",
    )
    if len(trials) >= _LEAST_FOR_EFFECTS:
        report.heading("What each setting does").figure(
            search_plots.effects(trials, dimensions),
            "Lines and bars: what the Gaussian process expects, averaged over the other settings; points: the trials",
        )
    report.heading("Trials").table(trials.set_index("trial"), digits=5)
    return report


def _outcomes(trials: pd.DataFrame) -> str:
    counts = trials["outcome"].value_counts()
    finished, stopped, failed = (int(counts.get(outcome, 0)) for outcome in (FINISHED, STOPPED, FAILED))
    ends = [f"{finished} finished"]
    ends += [f"{stopped} stopped early"] if stopped else []
    ends += [f"{failed} failed, the loss being no number"] if failed else []
    return f"{len(trials)} trial{'s' if len(trials) > 1 else ''}: {'; '.join(ends)}."


def _gain(trials: pd.DataFrame) -> str:
    finished = trials[trials["outcome"] == FINISHED]
    if finished.empty:
        return "With none finished, the study's settings were kept."
    top = finished.loc[finished["validation_macro_auc"].idxmax()]
    best = f"Best validation macro AUC {top['validation_macro_auc']:.4f} in trial {top['trial']}"
    first = finished.loc[finished["trial"] == 1, "validation_macro_auc"]
    against = "" if first.empty else f", against {first.iloc[0]:.4f} with the study's settings, which are trial 1"
    return f"{best}{against}."


def _method(parallel: int) -> str:
    text = (
        "The objective is the macro AUC on the validation split after a trial's last epoch; a failed trial counts 0.5, "
        "that of guessing. Trials are shorter than the final training: compare them with each other only. The first is "
        "the study's settings, a few more vary them, then a Gaussian process proposes where it expects the largest "
        "improvement. Median rule: after its first epoch, a trial is stopped if its best objective so far is below the "
        "median of the other trials' running averages up to that epoch."
    )
    if parallel > 1:
        text += (
            f" Up to {parallel} trials ran at once: to a proposal, those still under way counted as what the process "
            "expected of them (Kriging believer), so that it looked elsewhere."
        )
    return text
