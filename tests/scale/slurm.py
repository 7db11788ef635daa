"""Slurm's commands, made up: the tasks of an array run on this machine, from the very script that is submitted.

What Slurm would do with the script's directives is not tried; that they are there is.
"""

import os
import stat
import sys
from pathlib import Path

SBATCH = """\
import os, re, subprocess, sys
text = open(sys.argv[-1]).read()
open(os.path.join(os.path.dirname(__file__), "submitted"), "w").write(text)
last = int(re.search(r"--array=0-(\\d+)%", text)[1])
run = (
    "import os, subprocess, sys\\n"
    "from concurrent.futures import ThreadPoolExecutor\\n"
    "def task(i):\\n"
    "    subprocess.run(['bash', sys.argv[1]], env=os.environ | {'SLURM_ARRAY_TASK_ID': str(i)})\\n"
    "with ThreadPoolExecutor(2) as pool: list(pool.map(task, range(int(sys.argv[2]) + 1)))\\n"
)
job = dict.fromkeys(("SLURM_JOB_ID", "SLURM_ARRAY_JOB_ID"), "42")
job |= {"SLURM_NTASKS": "1", "SLURM_JOB_NUM_NODES": "1", "SLURM_JOB_NODELIST": "localhost"}
job |= dict.fromkeys(("SLURM_NODEID", "SLURM_PROCID", "SLURM_LOCALID"), "0")
quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
subprocess.Popen([sys.executable, "-c", run, sys.argv[-1], str(last)], env=os.environ | job, **quiet)
print("Submitted batch job 42")
"""
SRUN = """\
import os, sys
words = sys.argv[1:]
while words[0].startswith("--"):
    words = words[2:] if words[0] in ("--output", "--error") else words[1:]
os.execvp(words[0], words)
"""
SACCT = "print('JobID|State|NodeList')\n"


def install(folder: Path) -> dict[str, str]:
    """Put the commands into a folder; return the environment in which they are found first."""
    for name, code in (("sbatch", SBATCH), ("srun", SRUN), ("sacct", SACCT)):
        file = folder / name
        file.write_text(f"#!{sys.executable}\n{code}")
        file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
