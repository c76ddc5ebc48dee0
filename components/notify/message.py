"""The message, in the markup that Slack and those compatible with it read (Mattermost, Rocket.Chat, Google Chat)."""

from urllib.parse import quote

from components.notify.ending import CANCELED, FAILED, SUCCEEDED, Ending

_SIGNS = {SUCCEEDED: ":white_check_mark:", FAILED: ":x:", CANCELED: ":no_entry_sign:"}
_OTHER_SIGN = ":grey_question:"

_MOST_FAILURES = 5
_LONGEST_ERROR = 400


def message(ending: Ending, *, pipeline: str, run_name: str, run_id: str, ui: str) -> str:
    """One line on the run, and one for each task that failed.

    Args:
        ending: how it ended.
        pipeline: what ran.
        run_name: of the run.
        run_id: of the run.
        ui: address of KFP's pages, or empty.
    """
    name = _escaped(run_name or run_id or "a run")
    link = f"<{ui.rstrip('/')}/#/runs/details/{quote(run_id)}|{name}>" if ui and run_id else name
    after = f" after {duration(ending.seconds)}" if ending.seconds is not None else ""
    lines = [f"{_SIGNS.get(ending.state, _OTHER_SIGN)} *{link}* ({_escaped(pipeline)}) {ending.state}{after}"]
    for failure in ending.failures[:_MOST_FAILURES]:
        error = _escaped(_shortened(failure.error)) or "its log says why"
        lines.append(f"• `{_escaped(failure.task)}`: {error}")
    if left := len(ending.failures) - _MOST_FAILURES:
        lines += [f"• and {left} more"] * (left > 0)
    return "\n".join(lines)


def duration(seconds: float) -> str:
    """Seconds as days, hours and minutes, as a person says them."""
    seconds = max(0, round(seconds))
    minutes = seconds // 60
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{seconds} s"


def _shortened(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= _LONGEST_ERROR else f"{one_line[:_LONGEST_ERROR]} …"


def _escaped(text: str) -> str:
    """Without Slack's control characters: nobody is mentioned, and nothing linked, by an error's text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
