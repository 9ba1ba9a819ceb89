"""The entrypoint of a Flink application in one pod: a JobManager, a TaskManager, and who watches them.

``python -m sluice.runtime.flink --job-class CLASS [options] [-- ARGUMENTS OF THE JOB]`` locks the volume,
chooses what to resume from, starts both JVMs, and ends both when one of them or the job ends. It reads
Flink's own REST API on the contract's port, which the operator speaks with as well.
"""
