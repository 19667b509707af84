"""Callbacks that run in the browser."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State


def in_browser(
    app: Dash, function: str, *wires: Output | Input | State, at_start: bool = True
) -> None:
    """Wire a function of ``assets/gridmap.js``.

    Parameters
    ----------
    app
        The application.
    function
        Name of the function.
    wires
        Its outputs, then its inputs and states.
    at_start
        Whether it also runs when its components appear.
    """
    untyped: Any = app
    untyped.clientside_callback(
        ClientsideFunction("gridmap", function), *wires, prevent_initial_call=not at_start
    )
