"""Where things stand in the picture of the states. What is drawn, the explorer finds; where, a hand says."""

from typing import NamedTuple

WIDTH, HEIGHT = 1320, 780
BOX_WIDTH, BOX_HEIGHT = 150, 46
GROUP = "Provisioned"
"""The statuses of a pipeline that has compute: what its process says of itself."""
MEMBERS = ("Initializing", "Running", "Paused", "Unavailable")
FRAME = (660, 96, 1040, 396)
"""Left, top, right and bottom of the frame around them."""

PLACES: dict[str, tuple[int, int]] = {
    "New": (120, 150),
    "Stopped": (120, 540),
    "Provisioning": (390, 246),
    "Initializing": (760, 170),
    "Running": (940, 170),
    "Unavailable": (760, 330),
    "Paused": (940, 330),
    "Suspending": (1220, 246),
    "Stopping": (850, 540),
    "Completed": (420, 660),
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
    "Unavailable": ("#fee2e2", "#dc2626"),
}


class Arrow(NamedTuple):
    """A curve from one place to another, and where its label stands."""

    path: str
    text: str = ""
    label: tuple[int, int] = (0, 0)
    anchor: str = "middle"


ARROWS: dict[tuple[str, str], Arrow] = {
    ("New", "Provisioning"): Arrow("M196,158 C280,165 350,180 376,219", "to run", (272, 157)),
    ("New", "Stopped"): Arrow("M104,174 L104,513", "born Stopped", (96, 330), "end"),
    ("New", GROUP): Arrow(
        "M150,126 C210,30 560,0 690,92", "its pod is there: status was restored", (390, 26)
    ),
    ("Stopped", "Provisioning"): Arrow("M130,516 C150,380 230,290 311,260", "start", (160, 396), "end"),
    ("Completed", "Stopped"): Arrow("M344,662 C230,662 160,620 136,567", "stop", (230, 648)),
    ("Completed", "Provisioning"): Arrow("M366,636 C330,520 330,380 366,273", "new spec", (334, 606), "end"),
    ("Provisioning", GROUP): Arrow("M466,236 L656,236", "it answers", (562, 227)),
    (GROUP, "Provisioning"): Arrow("M660,286 C610,294 520,288 454,271", "restart", (570, 306)),
    ("Provisioning", "Stopped"): Arrow(
        "M380,270 C350,400 270,470 198,526", "stop, no pod", (296, 432), "end"
    ),
    ("Provisioning", "Stopping"): Arrow(
        "M414,270 C450,400 620,510 772,532", "stop, failure", (500, 392), "start"
    ),
    ("Provisioning", "Completed"): Arrow("M396,270 L396,633", "input ended", (404, 596), "start"),
    ("Provisioning", "Suspending"): Arrow(
        "M400,222 C500,20 1100,0 1212,219", "stop, as it answers", (860, 54)
    ),
    (GROUP, "Suspending"): Arrow("M1040,246 L1141,246", "stop", (1090, 237)),
    (GROUP, "Stopping"): Arrow("M850,396 L850,513", "force, failure", (858, 452), "start"),
    (GROUP, "Stopped"): Arrow("M690,396 C580,490 360,522 199,533", "pod lost, stop", (650, 446), "start"),
    (GROUP, "Completed"): Arrow("M985,396 C1000,640 800,690 499,668", "input ended", (964, 560), "start"),
    ("Suspending", "Stopping"): Arrow(
        "M1180,270 C1130,400 1030,500 929,532", "checkpoint, force, failure", (1050, 452), "middle"
    ),
    ("Suspending", "Stopped"): Arrow("M1240,270 C1350,840 300,840 124,568", "pod lost", (1060, 690), "start"),
    ("Stopping", "Stopped"): Arrow("M774,548 L199,548", "the pod is gone", (600, 566)),
    ("Stopping", "Completed"): Arrow(
        "M800,564 C740,620 640,648 499,654", "the pod is gone", (706, 606), "end"
    ),
    ("Initializing", "Running"): Arrow("M835,170 L862,170"),
    ("Initializing", "Paused"): Arrow("M806,194 L906,304"),
    ("Initializing", "Unavailable"): Arrow("M736,194 L736,304"),
    ("Unavailable", "Initializing"): Arrow("M762,306 L762,196"),
    ("Unavailable", "Running"): Arrow("M794,306 L900,196"),
    ("Running", "Unavailable"): Arrow("M882,194 L776,304"),
    ("Unavailable", "Paused"): Arrow("M835,338 L862,338"),
    ("Paused", "Unavailable"): Arrow("M865,322 L838,322"),
    ("Running", "Paused"): Arrow("M928,194 L928,304"),
    ("Paused", "Running"): Arrow("M954,306 L954,196"),
}
