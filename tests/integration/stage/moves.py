"""Everything that may happen next."""

from typing import Final

from . import moves_of_operators, moves_of_people, moves_of_pods
from .move import Move

MOVES: Final[tuple[Move, ...]] = (*moves_of_operators.MOVES, *moves_of_people.MOVES, *moves_of_pods.MOVES)
