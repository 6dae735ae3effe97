"""wellkept.toml: what a deployment decides about sources and parameters."""

import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from wellkept.deployment.errors import BadInputError
from wellkept.deployment.settings import Settings
from wellkept.project.parameters import Parameters
from wellkept.sources import AnySource


class Config(BaseModel):
    """wellkept.toml, checked: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    parameters: dict[str, Any] = {}
    sources: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")], AnySource] = {}


def read_config(settings: Settings) -> Config:
    """The configuration of these settings; a file that WELLKEPT_CONFIG names must be there."""
    path = find_config(settings)
    if settings.is_config_named and not path.exists():
        raise BadInputError(f"WELLKEPT_CONFIG names {path}, and there is no such file; correct it, or unset it")
    return load_config(path)


def find_config(settings: Settings) -> Path:
    """The file that holds: the one that WELLKEPT_CONFIG names, else that of the home, else the one where we are started."""
    in_home = settings.home_paths.config
    return in_home if in_home.exists() and not settings.is_config_named else settings.config.expanduser()


def load_config(path: Path) -> Config:
    """The configuration in `path`; an absent file is an empty one, a wrong one a BadInputError that names the key.

    A relative path of a source starts from the folder of the file.
    """
    if not path.exists():
        return Config()
    if path.is_dir():
        raise BadInputError(f"{path} is a folder; it must be a file in TOML (docs/wellkept.toml is an example)")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        config = Config.model_validate(content)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path} is not readable as TOML: {error}") from None
    except OSError as error:
        raise BadInputError(f"{path} cannot be opened ({error.strerror}); let this user read it") from None
    except ValidationError as error:
        raise BadInputError("\n".join([f"{path} has {error.error_count()} mistake(s):", *_mistakes(error)])) from None
    Parameters(config.parameters)
    folder = path.absolute().parent
    return config.model_copy(update={"sources": {name: source.at(folder) for name, source in config.sources.items()}})


def _mistakes(error: ValidationError) -> list[str]:
    lines = []
    for mistake in error.errors():
        # Pydantic puts the type of a source into the path: [sources.shop] is sources.shop.postgres to it.
        parts = [str(part) for place, part in enumerate(mistake["loc"]) if place != 2 or mistake["loc"][0] != "sources"]
        unknown = mistake["type"] == "extra_forbidden"
        lines.append(
            f"  {'.'.join(parts)}: {'unknown key' if unknown else mistake['msg'].removeprefix('Value error, ')}"
        )
    return lines
