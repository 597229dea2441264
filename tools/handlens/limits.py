"""Every limit that handlens keeps, with its default. Hitting one raises `LimitExceeded` with its dotted name."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

MEGABYTE = 1_000_000


class Limits(BaseModel):
    """Times are seconds, sizes bytes, pictures pixels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sessions: int = Field(default=16, ge=1, description="Pages open at once, over all callers.")
    session_idle_seconds: float = Field(default=900, gt=0, description="A session unused for so long is closed.")
    calls_at_once: int = Field(default=8, ge=1, description="Tool calls that run at the same time; more wait in line.")
    calls_waiting: int = Field(default=256, ge=0, description="Tool calls that may wait in line.")
    call_seconds: float = Field(default=600, gt=0, description="One tool call may take so long.")
    navigation_seconds: float = Field(default=30, gt=0, description="A page has so long to load.")
    page_silent_seconds: float = Field(
        default=15, gt=0, description="A page that answers nothing for so long after navigation_seconds is given up."
    )
    page_bytes: int = Field(default=50 * MEGABYTE, ge=1, description="A page's own document may be so large.")
    browser_start_seconds: float = Field(default=30, gt=0, description="The browser has so long to start.")
    browser_idle_seconds: float = Field(default=300, gt=0, description="A browser without sessions ends after so long.")
    description_characters: int = Field(default=2_000, ge=1, description="A description may be so long.")
    picture_pixels: int = Field(default=80_000_000, ge=1, description="A larger picture is made coarser to fit.")
    scrolled_pixels: int = Field(
        default=200_000, ge=1, description="A full-page picture scrolls down so many CSS pixels for lazy content."
    )
    inline_image_side: int = Field(default=1_568, ge=64, description="No side of an inline picture is longer.")
    inline_characters: int = Field(
        default=20_000,
        ge=2_000,
        description="Text and structured result of one answer together; the rest is an artifact.",
    )
    artifact_bytes: int = Field(default=2_000 * MEGABYTE, ge=1, description="All artifacts together; oldest go first.")
    artifact_seconds: float = Field(default=86_400, gt=0, description="An artifact lives so long.")
    download_bytes: int = Field(
        default=200 * MEGABYTE, ge=1, description="A download or fetched document may be so large."
    )
    document_pages: int = Field(default=5_000, ge=1, description="Pages of a document that one conversion may cover.")
    ocr_seconds: float = Field(default=120, gt=0, description="Reading the text of one picture may take so long.")
    document_workers: int = Field(default=2, ge=1, description="Documents that are converted at the same time.")
    document_page_seconds: float = Field(default=120, gt=0, description="One page of a document may take so long.")
    document_questions: int = Field(default=40, ge=0, description="Questions to sight about one document.")
