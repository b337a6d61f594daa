"""The live page beside Optuna's dashboard and MLflow's page, each with the same number of runs, in headless Chromium.

bench_page.py BIN [JOBS EPOCHS]: BIN is the folder of the built programs. Prints JSON lines. Peers are measured where this
Python has them (`pip install optuna optuna-dashboard mlflow`); ChromeDriver must be there (Debian: chromium-driver).
"""
import ctypes, fcntl, importlib.util, json, os, re, shutil, socket, statistics, struct, subprocess, sys, tempfile, time
import urllib.request

BIN, JOBS, EPOCHS = sys.argv[1], *(int(n) for n in (sys.argv[2:4] or ("5000", "200")))
RUNNING, SECONDS, OPENED, PATIENCE = 50, 20, 5, 120


class Browser:
    """A headless Chromium."""

    def __init__(self):
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True)
        port = next(m.group(1) for m in (re.search(r"successfully on port (\d+)", line) for line in self.driver.stdout) if m)
        self.root = f"http://127.0.0.1:{port}/session"
        self.profile = tempfile.mkdtemp()
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                   "--disable-component-update", "--disable-sync", "--window-size=1280,1000", f"--user-data-dir={self.profile}"]
        wanted = {"browserName": "chrome", "goog:loggingPrefs": {"performance": "ALL"}, "goog:chromeOptions": {"args": options}}
        self.root += "/" + self.post("", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]

    def post(self, command, body):
        request = urllib.request.Request(self.root + command, data=json.dumps(body).encode())
        return json.load(urllib.request.urlopen(request))["value"]

    def value(self, script):
        return self.post("/execute/sync", {"script": "return " + script, "args": []})

    def bytes_received(self):
        """Bytes since the last call."""
        total = 0
        for entry in self.post("/se/log", {"type": "performance"}):
            event = json.loads(entry["message"])["message"]
            if event["method"] == "Network.dataReceived":
                total += event["params"].get("encodedDataLength") or event["params"].get("dataLength", 0)
        return total

    def open(self, address, shown):
        """Milliseconds from the call until `shown` is true; None if it never is."""
        self.post("/url", {"url": "about:blank"})
        self.bytes_received()
        begin = time.monotonic()
        # `url` waits for the load event, which a page of events never delays.
        self.post("/url", {"url": address})
        while not self.value(f"Boolean({shown})"):
            if time.monotonic() - begin > PATIENCE:
                return None
            time.sleep(0.01)
        return 1000 * (time.monotonic() - begin)

    def count_frames(self):
        self.value("(() => { window.frames_ = []; const next = (t) => { window.frames_.push(t); requestAnimationFrame(next); };"
                   " requestAnimationFrame(next); })()")

    def frames(self):
        times = self.value("window.frames_")
        gaps = [b - a for a, b in zip(times, times[1:])]
        return {"frames_per_second": round(1000 / statistics.mean(gaps), 1), "longest_gap_ms": round(max(gaps))}

    def close(self):
        self.driver.kill()
        shutil.rmtree(self.profile, ignore_errors=True)


def processor_seconds(pid):
    """Processor time of a process and its children."""
    total = 0.0
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = open(f"/proc/{entry}/stat").read().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(entry) == pid or int(fields[1]) == pid:
                total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_until_served(address):
    for _ in range(600):
        try:
            return urllib.request.urlopen(address).status
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{address} does not answer")


def opened(browser, address, shown):
    times, received = [], 0
    while len(times) < OPENED and sum(times) < 1000 * PATIENCE:
        time_ms = browser.open(address, shown)
        if time_ms is None:
            return {"opened_ms": None, "waited_s": PATIENCE}
        times.append(time_ms)
        received = browser.bytes_received()
    return {"times": len(times), "opened_ms": round(statistics.median(times)), "least_ms": round(min(times)), "most_ms": round(max(times)),
            "bytes": received}


def say(**facts):
    print(json.dumps(facts), flush=True)


def hold_lock(folder):
    """Takes the place of a program that runs in a results folder."""
    lock = open(os.path.join(folder, ".lock"), "w")
    holder = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.time(), "has_range_lock": True}
    lock.write(json.dumps(holder) + "\n")
    lock.flush()
    fcntl.fcntl(lock, 37, struct.pack("hhqqi", fcntl.F_WRLCK, 0, 0, 0, 0))  # F_OFD_SETLK
    return lock


def make_ours(folder):
    """The results folder, and what goes on writing into it once it is told to."""
    results = os.path.join(folder, "results")
    writer = subprocess.Popen([os.path.join(BIN, "examples", "large"), results, str(JOBS), str(EPOCHS), str(RUNNING)],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    writer.stdout.readline()
    return results, writer


def ours(browser, results, writer):
    size = os.path.getsize(os.path.join(results, "convsweep.sqlite"))
    lock = hold_lock(results)
    server = subprocess.Popen([os.path.join(BIN, "convsweep"), "serve", "large", "--results", results],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    link = server.stdout.readline().strip()
    shown = "document.querySelector('#leaderboard tbody tr') && document.querySelector('#plot canvas')"
    first = browser.open(link, shown)
    browser.bytes_received()
    address = link.split("?")[0]
    say(page="convsweep", jobs=JOBS, epochs=EPOCHS, database_bytes=size, first_ms=round(first), **opened(browser, address, shown))
    time.sleep(5)
    browser.count_frames()
    browser.bytes_received()
    before, writing = processor_seconds(server.pid), processor_seconds(writer.pid)
    writer.stdin.write("\n")
    writer.stdin.flush()
    time.sleep(SECONDS)
    spent = processor_seconds(server.pid) - before
    say(page="convsweep", reporting=RUNNING, seconds=SECONDS, server_percent_of_a_core=round(100 * spent / SECONDS, 2),
        writer_percent=round(100 * (processor_seconds(writer.pid) - writing) / SECONDS, 2),
        bytes_a_second=round(browser.bytes_received() / SECONDS), **browser.frames())
    writer.kill()
    server.terminate()
    lock.close()


def has(module):
    return importlib.util.find_spec(module) is not None


def make_optuna(folder):
    import optuna as library
    library.logging.set_verbosity(library.logging.ERROR)
    storage = f"sqlite:///{folder}/optuna.db"
    study = library.create_study(storage=storage, study_name="large", direction="maximize")
    spread = library.distributions.FloatDistribution(0, 1)
    for start in range(0, JOBS, 500):
        study.add_trials([library.trial.create_trial(
            params={"lr": i / JOBS}, distributions={"lr": spread}, value=i / JOBS,
            intermediate_values={epoch: epoch / EPOCHS for epoch in range(EPOCHS)}) for i in range(start, min(start + 500, JOBS))])
    return storage, study._study_id, library.__version__


def optuna(browser, storage, study, version):
    port = free_port()
    server = subprocess.Popen(["optuna-dashboard", storage, "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until_served(f"http://127.0.0.1:{port}/dashboard/")
    shown = "document.querySelector('.js-plotly-plot .trace, .js-plotly-plot canvas, .js-plotly-plot .scatterlayer path')"
    address = f"http://127.0.0.1:{port}/dashboard/studies/{study}"
    say(page="optuna-dashboard", version=version, jobs=JOBS, epochs=EPOCHS, **opened(browser, address, shown))
    browser.count_frames()
    before = processor_seconds(server.pid)
    time.sleep(SECONDS)
    say(page="optuna-dashboard", seconds=SECONDS, server_percent_of_a_core=round(100 * (processor_seconds(server.pid) - before) / SECONDS, 2),
        bytes_a_second=round(browser.bytes_received() / SECONDS), **browser.frames())
    server.kill()


def make_mlflow(folder):
    import mlflow as library
    from mlflow.entities import Metric, Param, RunTag
    store = f"sqlite:///{folder}/mlflow.db"
    client = library.MlflowClient(store)
    experiment = client.create_experiment("large")
    for i in range(JOBS):
        run = client.create_run(experiment)
        metrics = [Metric("val_accuracy", epoch / EPOCHS, 0, epoch) for epoch in range(EPOCHS)]
        client.log_batch(run.info.run_id, metrics=metrics, params=[Param("lr", str(i / JOBS))], tags=[RunTag("n", str(i))])
        client.set_terminated(run.info.run_id)
    return store, experiment, library.__version__


def mlflow(browser, store, experiment, version):
    port = free_port()
    server = subprocess.Popen([sys.executable, "-m", "mlflow", "server", "--backend-store-uri", store, "--port", str(port), "--workers", "1"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until_served(f"http://127.0.0.1:{port}/")
    rows = "document.querySelectorAll('[role=row] a[href*=\"/runs/\"], .ag-row').length > 5"
    say(page="mlflow", version=version, jobs=JOBS, epochs=EPOCHS, shows="a table of the first hundred runs",
        **opened(browser, f"http://127.0.0.1:{port}/#/experiments/{experiment}/runs?compareRunsMode=TABLE", rows))
    charts = "document.querySelector('.js-plotly-plot .trace, .js-plotly-plot .point')"
    say(page="mlflow", shows="charts of the runs", **opened(browser, f"http://127.0.0.1:{port}/#/experiments/{experiment}/runs?compareRunsMode=CHART", charts))
    browser.count_frames()
    before = processor_seconds(server.pid)
    time.sleep(SECONDS)
    say(page="mlflow", seconds=SECONDS, server_percent_of_a_core=round(100 * (processor_seconds(server.pid) - before) / SECONDS, 2),
        bytes_a_second=round(browser.bytes_received() / SECONDS), **browser.frames())
    server.kill()


def main():
    if shutil.which("chromedriver") is None:
        raise SystemExit("there is no ChromeDriver (Debian: chromium-driver)")
    with tempfile.TemporaryDirectory() as folder:
        # Everything is made before anything is measured.
        measures = [(ours, make_ours(folder))]
        for name, make, measure in (("optuna_dashboard", make_optuna, optuna), ("mlflow", make_mlflow, mlflow)):
            if has(name):
                measures.append((measure, make(folder)))
            else:
                say(page=name, skipped="this Python does not have it")
        print("measuring", file=sys.stderr, flush=True)
        browser = Browser()
        try:
            for measure, made in measures:
                measure(browser, *made)
        finally:
            browser.close()


main()
