"""`make reset`: wipe the data of `make run`."""

import os
import shutil

from dev.places import only_one, state, unprivileged_home

if __name__ == "__main__":
    with only_one("run"):
        if os.geteuid() == 0:
            shutil.rmtree(unprivileged_home() / "run", ignore_errors=True)
        shutil.rmtree(state("run"))
    print("The data of `make run` is gone.")
