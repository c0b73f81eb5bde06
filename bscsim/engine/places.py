"""Where each measure stands in its stack: numbers that compiled code reads."""

from __future__ import annotations

from bscsim.record.stacks import place

EXITS, HIRES, STAFF, SEAT_HOLDERS = (place(name) for name in ("exits", "hires", "staff", "seat_holders"))
PRACTICE, KNOWLEDGE, ENGAGEMENT = (place(name) for name in ("practice", "knowledge", "engagement"))
INVITED, ATTENDED = place("invited"), place("attended")
SEATS, SEATS_HELD, SEATS_AT_ROLE, PDSA_OPEN = (
    place(name) for name in ("seats", "seats_held", "seats_at_role", "pdsa_open"))
SEATS_LOST, SEATS_REFILLED, LOCAL_HIRES = (place(name) for name in ("seats_lost", "seats_refilled", "local_hires"))
PDSA_STARTED, PDSA_SUCCEEDED, PDSA_ABANDONED, PDSA_GIVEN_UP, PDSA_REPORTED = (
    place(f"pdsa_{name}") for name in ("started", "succeeded", "abandoned", "abandoned_at_withdrawal", "reported"))
REPORT_DUE, REPORT_SENT = place("report_due"), place("report_sent")
READINESS, MOTIVATION, CAPACITY, QI, CLIMATE, AUTHORITY, DRIVE = (
    place(name) for name in ("readiness", "motivation", "capacity", "qi", "climate", "authority", "drive"))
PRACTICE_TEAM, PRACTICE_NONTEAM, KNOWLEDGE_TEAM, KNOWLEDGE_NONTEAM, KNOWLEDGE_GAIN = (
    place(name)
    for name in ("practice_team", "practice_nonteam", "knowledge_team", "knowledge_nonteam", "knowledge_gain"))
KNOWLEDGE_LOST, LEAVER_PRACTICE, FIT_GAINED, IDEAS_BORROWED, SEAT_HOURS = (
    place(name) for name in ("knowledge_lost", "leaver_practice", "fit_gained", "ideas_borrowed", "seat_hours"))
METRICS_MADE, METRICS_USED = place("metrics_made"), place("metrics_used")
CALL_HOLDERS, CALL_REGULARS = place("call_holders"), place("call_regulars")
PERSONS_CREATED, PERSONS_PRESENT, PERSONS_WAITING, PERSONS_LEFT = (
    place(f"persons_{name}") for name in ("created", "present", "waiting", "left"))
