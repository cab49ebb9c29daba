"""The admin of questions and answers: experiments, their start and stop, and the page that tells what came out."""

from experiments.admin import experiments, groups_admin, holdout_admin

__all__ = ["experiments", "groups_admin", "holdout_admin"]
