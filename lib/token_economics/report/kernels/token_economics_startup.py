"""Run by each kernel as it starts: do without a library that takes longer to import than all others.

Installed where IPython looks for what an environment's kernels run first (`etc/ipython/startup`),
so that it holds in JupyterLab, for papermill and for nbval. Altair imports jsonschema, which imports
`rfc3987_syntax` where it is there: two seconds of building a grammar for a kind of address that no
schema of a chart or a notebook uses. Marked as absent, it is passed over, as `lean` and
`kernel_server` do in a build. It leaves no name in the notebook.
"""

if __name__ == "__main__":
    __import__("sys").modules.setdefault("rfc3987_syntax", None)
