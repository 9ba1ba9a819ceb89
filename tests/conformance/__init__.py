"""The Feldera pipeline HTTP contract as tests against any process that claims to speak it.

    SLUICE_CONFORMANCE_URL=http://127.0.0.1:8080 pytest tests/conformance

The process must be Running with storage configured and no other client. It is Suspended afterwards: the files
are numbered so that what cannot be undone comes last. Without the variable the suite starts the example job.
Two further processes are needed for what a running one cannot show, each with no other client:

    SLUICE_CONFORMANCE_STANDBY_URL    one in Standby, whose object store has a checkpoint
    SLUICE_CONFORMANCE_APPROVAL_URL   one in AwaitingApproval

Where only some of the variables are set, the tests of the others are skipped.
Nothing here knows the runtime SDK; each test names the part of the contract that it checks.
"""
