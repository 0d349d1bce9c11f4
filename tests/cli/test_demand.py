"""`flask demand score`."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from inventory.cli.demand import demand
from inventory.rules.scoring import BASELINES, OURS

SAMPLE = (
    Path(__file__).resolve().parents[3]
    / "shared"
    / "data"
    / "civ_contraceptives"
    / "monthly_stock_sample.csv"
)
HEADER = "year,month,site_code,product_code,stock_initial,stock_received,stock_distributed,stock_end"

needs_sample = pytest.mark.skipif(
    not SAMPLE.exists(), reason=f"the shared file {SAMPLE.name} is not on this machine"
)


def run(file: Path, *options: str) -> Result:
    return CliRunner().invoke(demand, ["score", str(file), *options])


def written(folder: Path, *rows: str, header: str = HEADER) -> Path:
    file = folder / "told.csv"
    file.write_text("\n".join((header, *rows, "")), encoding="utf-8")
    return file


def figures(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.output.splitlines()[-1])


@pytest.fixture(scope="module")
def found() -> Any:
    return figures(run(SAMPLE))


@needs_sample
class TestTheSampleOfIvoryCoast:
    def test_what_is_in_it(self, found):
        told = {word: value for word, value in found.items() if word != "scores"}
        assert told == {
            "series": 310,
            "months": 7906,
            "months_missing": 845,
            "months_without_stock": 2314,
            "first": "2016-01",
            "last": "2019-06",
            "beats_both": True,
        }

    @pytest.mark.parametrize("view", ["recorded", "in_stock"])
    @pytest.mark.parametrize("setting", ["last", "rolling"])
    @pytest.mark.parametrize("baseline", BASELINES)
    def test_ours_is_nearer_than_the_usual_averages(self, found, view, setting, baseline):
        scores = found["scores"][view][setting]
        assert scores[OURS]["points"] == scores[baseline]["points"] > 400
        for measure in ("mae", "wape"):
            assert scores[OURS][measure] < scores[baseline][measure]

    def test_and_not_by_forecasting_less_than_the_median(self, found):
        for settings in found["scores"].values():
            for scores in settings.values():
                assert abs(scores[OURS]["bias"]) < abs(scores["six_month_median"]["bias"])
        assert abs(found["scores"]["in_stock"]["rolling"][OURS]["bias"]) < 0.11


class TestOtherFiles:
    def test_other_columns_without_stock(self, tmp_path):
        file = written(
            tmp_path,
            *(f"2025,{month},DARKAR,PARA,{10 + month}" for month in range(1, 7)),
            header="annee,mois,centre,article,sortie",
        )
        options = ("--year", "annee", "--month", "mois", "--site", "centre", "--product", "article")
        result = run(file, *options, "--quantity", "sortie")
        found = figures(result)
        assert (found["months"], found["months_without_stock"], list(found["scores"])) == (
            6,
            None,
            ["recorded"],
        )
        assert "unknown how many without stock" in result.output

    def test_nothing_used_anywhere_is_no_division_by_zero(self, tmp_path):
        rows = [f"2025,{month},A,B,0,0,0,5" for month in range(1, 7)]
        found = figures(run(written(tmp_path, *rows)))
        assert found["scores"]["in_stock"]["last"][OURS]["wape"] is None

    @pytest.mark.parametrize(
        ("rows", "said"),
        [
            ([], "no row below its header"),
            (["2025,1,A,B,0,0,5,5", "2025,1,A,B,0,0,6,5"], "Lines 2 and 3 both tell 2025-01 of B at A"),
            (["2025,13,A,B,0,0,5,5"], "Line 2: there is no month 13 of 2025"),
            (["2025,1,A,B,0,0,-5,5"], "Line 2: stock_distributed is no whole number from 0 on: '-5'"),
            (["2025,1,A,B,0,0,,5"], "Line 2: stock_distributed is no whole number from 0 on: ''"),
            (["2025,1,A"], "Line 2: stock_distributed is no whole number"),
            (["2025,1,A,B,0,0,NaN,5"], "'NaN'"),
            (["2025,1,A,B,0,0,5,5", "2025,2,A,B,0,0,5,5"], "too short"),
        ],
    )
    def test_what_cannot_be_scored_is_named(self, tmp_path, rows, said):
        result = run(written(tmp_path, *rows))
        assert result.exit_code == 1
        assert said in result.output

    def test_a_column_that_is_not_there(self, tmp_path):
        result = run(written(tmp_path, "1", header="year"))
        assert result.exit_code == 1
        assert "has no column month, site_code, product_code, stock_distributed." in result.output

    def test_not_text(self, tmp_path):
        file = tmp_path / "told.csv"
        file.write_bytes(b"year,month\n\xff\xfe")
        assert "cannot be read as a CSV file" in run(file).output
