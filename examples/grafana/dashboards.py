"""Writes the dashboards, one for each kind of database:  python examples/grafana/dashboards.py

Every query is written once. What Grafana puts in: $__from and $__to (milliseconds), $__interval_ms, and the variable
console, quoted.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SOURCES = {
    "postgresql": ("grafana-postgresql-datasource", "{} / {}"),
    "mariadb": ("mysql", "{} DIV {}"),
    "sqlite": ("frser-sqlite-datasource", "{} / {}"),
}
"""Kind → Grafana's data source, and how whole numbers are divided."""
OBSERVED = (
    "FROM usage_tasks t JOIN usage_observations o ON o.task_id = t.id "
    "WHERE t.console = ${console:sqlstring} AND o.at >= $__from AND o.at < $__to"
)
ALERTS = "FROM usage_alerts a JOIN usage_tasks t ON t.id = a.task_id WHERE t.console = ${console:sqlstring}"
WAITING = (
    "FROM usage_reviews r JOIN usage_tasks t ON t.id = r.task_id "
    "WHERE r.state = 'waiting' AND t.console = ${console:sqlstring}"
)
CONSOLES = "SELECT DISTINCT console FROM usage_tasks ORDER BY console"


class Board:
    """The dashboard of one kind of database."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.type, self._divided = SOURCES[kind]
        self.source = {"type": self.type, "uid": f"handlens-{kind}"}
        self.panels: list[dict[str, Any]] = []

    def seconds(self, milliseconds: str) -> str:
        return self._divided.format(milliseconds, 1000)

    def query(self, sql: str, *, series: bool = False) -> dict[str, Any]:
        """One target, as its data source wants it."""
        target: dict[str, Any] = {"refId": "A", "datasource": self.source}
        if self.kind == "sqlite":
            shape = "time series" if series else "table"
            columns = ["time"] if series else []
            return {**target, "queryType": shape, "timeColumns": columns, "queryText": sql, "rawQueryText": sql}
        return {**target, "rawQuery": True, "format": "time_series" if series else "table", "rawSql": sql}

    def add(self, kind: str, title: str, place: tuple[int, int, int, int], target: dict[str, Any], **more: Any) -> None:
        x, y, width, height = place
        self.panels.append(
            {
                "id": len(self.panels) + 1,
                "type": kind,
                "title": title,
                "datasource": self.source,
                "gridPos": {"x": x, "y": y, "w": width, "h": height},
                "targets": [target],
                "fieldConfig": {"defaults": more.pop("defaults", {}), "overrides": more.pop("overrides", [])},
                "options": more.pop("options", {}),
                **more,
            }
        )

    def trend(self, title: str, column: str, place: tuple[int, int, int, int], **defaults: Any) -> None:
        bucket = self.seconds("(o.at - o.at % $__interval_ms)")
        sql = (
            f"SELECT {bucket} AS time, t.task AS metric, avg(o.{column}) AS value "
            f"{OBSERVED} AND o.{column} IS NOT NULL GROUP BY 1, 2 ORDER BY 1"
        )
        custom = {"lineWidth": 2, "fillOpacity": 6, "showPoints": "never", "spanNulls": 180_000}
        options = {"legend": {"displayMode": "table", "placement": "right", "calcs": ["mean", "lastNotNull"]}}
        self.add(
            "timeseries",
            title,
            place,
            self.query(sql, series=True),
            defaults={"min": 0, "custom": custom, **defaults},
            options={**options, "tooltip": {"mode": "multi", "sort": "desc"}},
        )

    def stat(self, title: str, sql: str, x: int, **defaults: Any) -> None:
        self.add(
            "stat",
            title,
            (x, 0, 6, 4),
            self.query(sql),
            defaults=defaults,
            options={"colorMode": "value", "textMode": "value"},
        )

    def whole(self) -> dict[str, Any]:
        opened = (
            f"SELECT {self.seconds('a.opened_at')} AS time, a.rule AS title, t.task AS text {ALERTS} "
            "AND a.opened_at >= $__from AND a.opened_at < $__to"
        )
        variable = {"name": "console", "label": "Console", "type": "query", "datasource": self.source, "refresh": 2}
        return {
            "uid": f"handlens-usage-{self.kind}",
            "title": f"Usage ({self.kind})",
            "tags": ["handlens"],
            "schemaVersion": 39,
            "editable": True,
            "refresh": "1m",
            "time": {"from": "now-6h", "to": "now"},
            "templating": {"list": [{**variable, "query": self._of_variable(), "definition": CONSOLES}]},
            "annotations": {
                "list": [
                    {
                        "name": "Alerts",
                        "enable": True,
                        "iconColor": "red",
                        "datasource": self.source,
                        "target": self.query(opened),
                    }
                ]
            },
            "panels": self.panels,
        }

    def _of_variable(self) -> Any:
        return {"rawQuery": CONSOLES, "queryText": CONSOLES} if self.kind == "sqlite" else CONSOLES


def board(kind: str) -> dict[str, Any]:
    """The dashboard of a kind of database, as Grafana takes it."""
    made = Board(kind)
    warn = {"mode": "absolute", "steps": [{"color": "green", "value": None}, {"color": "red", "value": 1}]}
    made.stat("Tasks seen", f"SELECT count(DISTINCT o.task_id) AS tasks {OBSERVED}", 0)
    made.stat("Mean GPU", f"SELECT avg(o.gpu) AS gpu {OBSERVED}", 6, unit="percent", decimals=1)
    made.stat("Alerts open", f"SELECT count(*) AS alerts {ALERTS} AND a.closed_at IS NULL", 12, thresholds=warn)
    made.stat("Waiting for review", f"SELECT count(*) AS cells {WAITING}", 18)
    made.trend("GPU by task", "gpu", (0, 4, 24, 9), unit="percent", max=100)
    made.trend("Memory by task", "memory_used", (0, 13, 12, 9), unit="bytes")
    made.trend("CPU by task", "cpu", (12, 13, 12, 9), unit="percent")
    least = (
        f"SELECT t.task AS task, avg(o.gpu) AS gpu {OBSERVED} AND o.gpu IS NOT NULL GROUP BY t.task ORDER BY 2 LIMIT 15"
    )
    made.add(
        "bargauge",
        "Least used GPUs",
        (0, 22, 8, 9),
        made.query(least),
        defaults={"unit": "percent", "min": 0, "max": 100},
        options={"orientation": "horizontal", "displayMode": "basic", "reduceOptions": {"values": True}},
    )
    moments = [
        {"matcher": {"id": "byName", "options": name}, "properties": [{"id": "unit", "value": "dateTimeFromNow"}]}
        for name in ("since", "opened", "seen")
    ]
    alerts = (
        "SELECT t.task AS task, a.rule AS rule, a.since AS since, a.opened_at AS opened, a.value AS value, "
        f"a.reason AS reason {ALERTS} AND a.closed_at IS NULL ORDER BY a.opened_at DESC LIMIT 100"
    )
    made.add("table", "Open alerts", (8, 22, 16, 9), made.query(alerts), overrides=moments)
    consoles = "SELECT console, seen_at AS seen, failures, failure FROM usage_consoles ORDER BY failures DESC, console"
    made.add("table", "Consoles", (0, 31, 24, 7), made.query(consoles), overrides=moments)
    return made.whole()


def main() -> None:
    folder = Path(__file__).parent / "dashboards"
    for kind in SOURCES:
        text = json.dumps(board(kind), indent=1) + "\n"
        (folder / f"usage-{kind}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
