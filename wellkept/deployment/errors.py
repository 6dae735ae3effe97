"""The one family of errors. Each message names the table, the day and the next step."""


class WellkeptError(Exception):
    """Something went wrong that a person can act on; the message says what to do. Exit code 1."""

    exit_code = 1


class BadInputError(WellkeptError):
    """What was given is not usable: a file, a column, a setting or an argument. Exit code 2."""

    exit_code = 2


class GateError(WellkeptError):
    """A critical rule failed; nothing was loaded or published."""


class LockTimeoutError(WellkeptError):
    """Another run held the warehouse for longer than we were willing to wait."""


class StaleBuildError(WellkeptError):
    """The warehouse no longer holds what this run built: another run came between."""


class ModelRefusedError(WellkeptError):
    """No new model was made; the champion so far stays, and everything else can still be published."""


class NotDueError(WellkeptError):
    """There is nothing to do on this day; what asked is skipped and says why."""


class NotEnoughDataError(ModelRefusedError):
    """There is too little history to train or judge a model."""


class ShiftedDataError(ModelRefusedError):
    """Features of the day are out of scale with those of the training days: a unit or a source changed."""


class NoSignalError(ModelRefusedError):
    """No model tells who churns better than chance: the labels have nothing to do with the features."""


class LeakSuspectedError(ModelRefusedError):
    """A model predicts the past too well to be true: a feature may see the future."""


_DISK_FULL = ("no space left on device", "disk is full", "disk full")


def is_disk_full(error: BaseException | None) -> bool:
    """Whether an error, or one it came from, says that the disk is full, whichever library says it."""
    while error is not None:
        if any(sign in str(error).lower() for sign in _DISK_FULL):
            return True
        error = error.__cause__ or error.__context__
    return False
