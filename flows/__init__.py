"""The flows: order, retries and schedule around ordinary functions."""

from flows.pipeline.settings import prepare_environment, read_settings

prepare_environment(read_settings().home)
