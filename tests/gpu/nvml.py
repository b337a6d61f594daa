"""The first GPU by NVIDIA's library, and how much it is used while something runs."""

import ctypes
import os
import statistics
import threading
import time

INTERVAL_S = 0.05


class Memory(ctypes.Structure):
    _fields_ = [("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong)]


class Utilization(ctypes.Structure):
    _fields_ = [("gpu", ctypes.c_uint), ("memory", ctypes.c_uint)]


class Gpu:
    def __init__(self, library, handle):
        self.library = library
        self.handle = handle

    def text(self, function, *handle):
        buffer = ctypes.create_string_buffer(96)
        failed = getattr(self.library, function)(*handle, buffer, 96)
        return None if failed else buffer.value.decode()

    def facts(self):
        major, minor = ctypes.c_int(), ctypes.c_int()
        self.library.nvmlDeviceGetCudaComputeCapability(self.handle, ctypes.byref(major), ctypes.byref(minor))
        memory = self.memory()
        return {
            "gpu": self.text("nvmlDeviceGetName", self.handle),
            "driver": self.text("nvmlSystemGetDriverVersion"),
            "memory_mib": memory and memory.total >> 20,
            "used_before_mib": memory and memory.used >> 20,
            "compute_capability": f"{major.value}.{minor.value}",
        }

    def memory(self):
        memory = Memory()
        return None if self.library.nvmlDeviceGetMemoryInfo(self.handle, ctypes.byref(memory)) else memory

    def utilization(self):
        """Per cent of the last moment in which a kernel ran; parts of divided GPUs do not say it."""
        found = Utilization()
        return None if self.library.nvmlDeviceGetUtilizationRates(self.handle, ctypes.byref(found)) else found.gpu


def first_gpu():
    """The first visible GPU, or None."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0].strip()
    try:
        library = ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return None
    if visible == "" or library.nvmlInit_v2() != 0:
        return None
    handle = ctypes.c_void_p()
    if visible.isdigit():
        failed = library.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(int(visible)), ctypes.byref(handle))
    else:
        failed = library.nvmlDeviceGetHandleByUUID(visible.encode(), ctypes.byref(handle))
    return None if failed else Gpu(library, handle)


class Watch:
    """Reads memory and use of the GPU again and again; without one, the resident memory of a process."""

    def __init__(self, gpu):
        self.gpu = gpu
        self.pid = None
        self.samples = []
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.read, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.is_over.set()
        self.thread.join()

    def read(self):
        while not self.is_over.wait(INTERVAL_S):
            if self.gpu is not None:
                memory = self.gpu.memory()
                self.samples.append((time.time(), memory and memory.used >> 20, self.gpu.utilization()))
            elif self.pid is not None:
                self.samples.append((time.time(), resident_mib(self.pid), None))

    def memory_at(self, moment):
        """MiB in use at a time: the last sample before it."""
        before = [mib for when, mib, _ in self.samples if when <= moment and mib is not None]
        return before[-1] if before else None

    def utilization_between(self, begin, end):
        """Mean of the samples between two times, in per cent."""
        found = [share for when, _, share in self.samples if begin <= when <= end and share is not None]
        return round(statistics.fmean(found), 1) if found else None


def resident_mib(pid):
    try:
        with open(f"/proc/{pid}/status") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) >> 10
    except OSError:
        pass
    return None
