"""Every suite can be read, and each of its rules can be judged on the table it is for."""

import pkgutil

from expectations import published
from expectations.suites import published_suites, raw_suites
from wellkept.landing.contract import ENTITIES
from wellkept.runs.run import Run


def test_every_landed_entity_has_a_suite_and_every_suite_an_entity(run: Run) -> None:
    assert [suite.entity for suite in raw_suites(run)] == sorted(ENTITIES)


def test_every_rule_has_a_severity_and_a_sentence_of_its_own(run: Run) -> None:
    for suite in [*raw_suites(run), *published_suites(run)]:
        sentences = [rule.sentence for rule in suite.rules]
        assert sentences, suite
        assert len(set(sentences)) == len(sentences), suite
        assert {rule.severity for rule in suite.rules} <= {"critical", "warning"}


def test_a_published_suite_is_named_after_its_table(run: Run) -> None:
    modules = sorted(module.name for module in pkgutil.iter_modules(published.__path__))
    assert [suite.table.name for suite in published_suites(run)] == modules
