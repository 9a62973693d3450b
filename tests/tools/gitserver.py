# SPDX-License-Identifier: LGPL-2.1-or-later
"""Git repositories for tests, and git's own HTTP server behind nginx."""
import os
import subprocess

from services import program_path

ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "LC_ALL": "C", "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
    "GIT_AUTHOR_NAME": "T", "GIT_AUTHOR_EMAIL": "t@example.org", "GIT_AUTHOR_DATE": "1600000000 +0000",
    "GIT_COMMITTER_NAME": "T", "GIT_COMMITTER_EMAIL": "t@example.org", "GIT_COMMITTER_DATE": "1600000000 +0000"}


class GitRepository:
    """A bare repository whose commits are made object by object, so that they may hold what git itself refuses to add."""

    def __init__(self, path):
        self.path = path
        os.makedirs(path)
        self.git("init", "-q", "--bare", "-b", "main")
        self.parent = None

    def git(self, *args, data=b""):
        data = data.encode() if isinstance(data, str) else data
        done = subprocess.run(["git", *args], cwd=self.path, input=data, check=False, env=ENVIRONMENT,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise AssertionError(f"git {args}: {done.stderr.decode(errors='replace')}")
        return done.stdout.decode(errors="replace").strip()

    def blob(self, data):
        return self.git("hash-object", "-w", "--stdin", data=data)

    def tree(self, files):
        """`files`: name -> text, ("link", target), ("program", text), ("commit", id) or a dictionary."""
        entries = []
        for name, value in files.items():
            if isinstance(value, dict):
                entries.append((name + "/", f"40000 {name}", self.tree(value)))
            elif isinstance(value, tuple) and value[0] == "tree":
                entries.append((name + "/", f"40000 {name}", value[1]))
            elif isinstance(value, tuple) and value[0] == "commit":
                entries.append((name + "/", f"160000 {name}", value[1]))
            else:
                mode, text = {"link": "120000", "program": "100755"}[value[0]] if isinstance(value, tuple) else "100644", \
                    value[1] if isinstance(value, tuple) else value
                entries.append((name, f"{mode} {name}", self.blob(text)))
        raw = b"".join(head.encode() + b"\0" + bytes.fromhex(oid) for _, head, oid in sorted(entries))
        return self.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", data=raw)

    def commit(self, files, branch="main"):
        parents = ["-p", self.parent] if self.parent else []
        commit = self.git("commit-tree", self.tree(files), *parents, "-m", "x")
        self.parent = commit
        self.git("update-ref", f"refs/heads/{branch}", commit)
        self.git("update-server-info")
        return commit

    def tag(self, name, commit=None, annotated=False):
        self.git("tag", "-f", *(["-a", "-m", "x"] if annotated else []), name, commit or self.parent)
        self.git("update-server-info")
        return self.git("rev-parse", f"refs/tags/{name}")


class GitBackend:
    """git-http-backend by FastCGI; `locations` is for nginx: /git/ speaks the present protocol, /old/ the one of old servers."""

    def __init__(self, directory, state):
        os.makedirs(state, exist_ok=True)
        socket = os.path.join(state, "s")
        backend = os.path.join(subprocess.check_output(["git", "--exec-path"], text=True).strip(), "git-http-backend")
        with open(os.path.join(state, "fcgiwrap.log"), "wb") as log:
            self.process = subprocess.Popen([program_path("fcgiwrap"), "-s", f"unix:{socket}", "-c", "2"], env=ENVIRONMENT,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        common = f"""
            fastcgi_param SCRIPT_FILENAME {backend};
            fastcgi_param GIT_HTTP_EXPORT_ALL 1;
            fastcgi_param GIT_PROJECT_ROOT {directory};
            fastcgi_param PATH_INFO $1;
            fastcgi_param REQUEST_METHOD $request_method;
            fastcgi_param QUERY_STRING $query_string;
            fastcgi_param CONTENT_TYPE $content_type;
            fastcgi_param CONTENT_LENGTH $content_length;
            fastcgi_param REMOTE_ADDR $remote_addr;
            fastcgi_pass unix:{socket};"""
        self.locations = f"""
            location ~ ^/git(/.*)$ {{ {common} }}
            location ~ ^/old(/.*)$ {{ {common} fastcgi_param HTTP_GIT_PROTOCOL ""; }}"""

    def close(self):
        self.process.terminate()
        self.process.wait()
