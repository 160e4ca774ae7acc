"""What a person writes in the config for roadmap files."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pmsync.model.periods import FiscalYear


class FilesSettings(BaseModel):
    """A folder of roadmap files, one for each product line."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = Field("roadmap", min_length=1, description="The folder; a relative one starts from the config's.")
    write: bool = Field(
        default=False,
        description="true: what trackers change is written into the files by every sync; false: only by pmsync pull --write.",
    )
    fiscal_year_starts: int = Field(1, ge=1, le=12, description="The month in which quarters, halves and years begin, 1 to 12.")
    fiscal_year_named_after: Literal["start", "end"] = Field(
        "start", description="Which calendar year names a fiscal year: the one in which it starts, or ends."
    )

    @property
    def fiscal(self) -> FiscalYear:
        """When quarters begin."""
        return FiscalYear(self.fiscal_year_starts, named_by_end=self.fiscal_year_named_after == "end")


class LineScope(BaseModel):
    """One product line: the file of that name. The short form is the name alone."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    line: Annotated[str, Field(pattern=r"^\w[\w.-]*$", max_length=100, description="The file's name without .yaml.")]
    audience: Literal["public", "internal", "private"] = Field(
        "internal", description="Who can read the file: public where its repository is."
    )

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, given: Any) -> Any:
        return {"line": given} if isinstance(given, str) else given
