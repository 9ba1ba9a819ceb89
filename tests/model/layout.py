"""Where things stand in the picture of the states. What is drawn, the explorer finds; where, a hand says."""

from typing import NamedTuple

WIDTH, HEIGHT = 1440, 900
BOX_WIDTH, BOX_HEIGHT = 150, 46
UNAVAILABLE = "Unavailable"
ANSWERING = ("Initializing", "Standby", "AwaitingApproval", "Running", "Paused")
"""What a process says of itself. Any of them may fall silent, and be found again."""
MEMBERS = (*ANSWERING, UNAVAILABLE)
"""The statuses of a pipeline that has compute."""
GROUP, ANSWERS = "Provisioned", "Answering"
"""The names of the two frames, where an arrow begins or ends that all their statuses share."""


class Frame(NamedTuple):
    """Left, top, right and bottom of the frame around a group, and what it says."""

    corners: tuple[int, int, int, int]
    note: str


FRAMES = (
    Frame((560, 84, 1164, 540), "compute is there"),
    Frame((582, 98, 1142, 418), "the process says"),
)

PLACES: dict[str, tuple[int, int]] = {
    "New": (120, 150),
    "Stopped": (120, 640),
    "Provisioning": (370, 280),
    "Running": (882, 146),
    "Initializing": (714, 252),
    "AwaitingApproval": (882, 252),
    "Standby": (1050, 252),
    "Paused": (882, 358),
    "Unavailable": (882, 494),
    "Suspending": (1340, 320),
    "Stopping": (882, 660),
    "Completed": (420, 770),
}
COLOURS: dict[str, tuple[str, str]] = {
    "New": ("#f4f4f5", "#a1a1aa"),
    "Stopped": ("#f4f4f5", "#52525b"),
    "Completed": ("#f4f4f5", "#52525b"),
    "Provisioning": ("#fef9c3", "#ca8a04"),
    "Suspending": ("#ffedd5", "#ea580c"),
    "Stopping": ("#ffedd5", "#ea580c"),
    "Running": ("#dcfce7", "#16a34a"),
    "Paused": ("#e0f2fe", "#0284c7"),
    "Initializing": ("#fef9c3", "#ca8a04"),
    "AwaitingApproval": ("#f3e8ff", "#9333ea"),
    "Standby": ("#e0f2fe", "#0284c7"),
    "Unavailable": ("#fee2e2", "#dc2626"),
}


class Arrow(NamedTuple):
    """A curve from one place to another, and where its label stands."""

    path: str
    text: str = ""
    label: tuple[int, int] = (0, 0)
    anchor: str = "middle"


ARROWS: dict[tuple[str, str], Arrow] = {
    ("New", "Provisioning"): Arrow("M196,158 C270,165 340,190 360,253", "to run", (272, 162)),
    ("New", "Stopped"): Arrow("M104,174 L104,613", "born Stopped", (96, 390), "end"),
    ("New", GROUP): Arrow(
        "M150,126 C210,40 500,10 620,80", "its pod is there: status was restored", (372, 30)
    ),
    ("Stopped", "Provisioning"): Arrow("M130,616 C150,460 220,330 291,294", "start", (168, 480), "end"),
    ("Completed", "Stopped"): Arrow("M344,774 C230,770 160,720 136,667", "stop", (226, 752)),
    ("Completed", "Provisioning"): Arrow("M366,746 C330,620 320,430 350,307", "new spec", (324, 704), "end"),
    ("Provisioning", GROUP): Arrow("M446,272 L556,272", "it answers", (552, 246), "end"),
    (GROUP, "Provisioning"): Arrow("M560,324 C520,332 460,322 424,306", "restart", (506, 346)),
    ("Provisioning", "Stopped"): Arrow(
        "M362,304 C330,440 260,560 184,613", "stop, no pod", (292, 552), "end"
    ),
    ("Provisioning", "Stopping"): Arrow(
        "M396,304 C440,480 620,620 804,648", "stop, failure", (486, 470), "start"
    ),
    ("Provisioning", "Completed"): Arrow(
        "M378,304 C400,440 414,600 418,743", "input ended", (424, 700), "start"
    ),
    ("Provisioning", "Suspending"): Arrow(
        "M388,256 C470,-30 1290,-30 1336,293", "stop, as it answers", (860, 66)
    ),
    ("Suspending", "Provisioning"): Arrow("M1352,296 C1310,-72 400,-72 370,253", "restart", (860, 32)),
    (GROUP, "Suspending"): Arrow("M1164,320 L1261,320", "stop", (1212, 311)),
    (GROUP, "Stopping"): Arrow("M882,540 L882,633", "force, failure", (890, 592), "start"),
    (GROUP, "Stopped"): Arrow("M640,540 C560,610 360,632 199,635", "pod lost, stop", (560, 590), "start"),
    (GROUP, "Completed"): Arrow("M1090,540 C1100,750 840,800 499,778", "input ended", (1070, 690), "start"),
    ("Suspending", "Stopping"): Arrow(
        "M1310,344 C1250,520 1120,630 961,652", "checkpoint, force, failure", (1262, 540), "middle"
    ),
    ("Suspending", "Stopped"): Arrow("M1350,344 C1400,980 300,960 124,668", "pod lost", (1190, 800), "start"),
    ("Stopping", "Stopped"): Arrow("M806,664 L199,646", "the pod is gone", (620, 676)),
    ("Stopping", "Completed"): Arrow(
        "M830,684 C770,740 660,760 499,766", "the pod is gone", (700, 738), "end"
    ),
    ("Initializing", "Running"): Arrow("M736,228 L838,172"),
    ("Initializing", "Paused"): Arrow("M736,276 L838,332"),
    ("AwaitingApproval", "Running"): Arrow("M882,228 L882,172"),
    ("AwaitingApproval", "Paused"): Arrow("M882,276 L882,332"),
    ("Standby", "Running"): Arrow("M1028,228 L926,172", "activate", (996, 196), "start"),
    ("Standby", "Paused"): Arrow("M1028,276 L926,332", "activate", (996, 318), "start"),
    # One line with two heads.
    ("Running", "Paused"): Arrow("M804,146 C540,150 540,354 804,358"),
    ("Paused", "Running"): Arrow("M804,358 C540,354 540,150 804,146"),
    (ANSWERS, UNAVAILABLE): Arrow("M860,418 L860,468", "no answer", (852, 448), "end"),
    (UNAVAILABLE, ANSWERS): Arrow("M904,470 L904,420", "answers again", (912, 448), "start"),
}
