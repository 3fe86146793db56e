"""What PyTorch takes for the operations of eng/cuda-times.cs, on the same NVIDIA GPU: python3 eng/cuda-peers.py

Attention is scaled_dot_product_attention, once by FlashAttention-2 and once by cuDNN. Times are taken as there: the median of seven
samples, each of runs that are queued one behind the other for 20 ms.
"""

import statistics
import time

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

FLASH_AND_CUDNN = (SDPBackend.FLASH_ATTENTION, SDPBackend.CUDNN_ATTENTION)


def median(run):
    def sample(runs):
        begin = time.perf_counter()
        for _ in range(runs):
            run()
        torch.cuda.synchronize()
        return (time.perf_counter() - begin) / runs

    sample(3)
    runs = max(1, min(5000, int(0.02 / sample(3))))
    return statistics.median(sample(runs) for _ in range(7))


def line(name, run, operations=0, moved=0):
    try:
        seconds = median(run)
    except RuntimeError as failure:
        print(f"| {name} | {str(failure).splitlines()[0][:80]} | |", flush=True)
        return
    rate = f"{operations / seconds / 1e12:.1f} TFLOP/s" if operations else f"{moved / seconds / 1e9:.0f} GB/s" if moved else "–"
    print(f"| {name} | {seconds * 1e6:.1f} µs | {rate} |", flush=True)


def numbers(*shape, dtype=torch.float32):
    return torch.randn(*shape, device="cuda", dtype=dtype)


def attention(name, batch, heads, key_value_heads, queries, keys, dimension, causal=True, dtype=torch.float16, backends=FLASH_AND_CUDNN):
    query = numbers(batch, queries, heads, dimension, dtype=dtype).transpose(1, 2)
    key, value = (numbers(batch, keys, key_value_heads, dimension, dtype=dtype).transpose(1, 2) for _ in range(2))
    decodes = queries == 1
    pairs = queries * ((queries + 1) / 2 if causal else keys)
    for backend in backends:
        with sdpa_kernel(backend):
            line(
                f"{name}, {backend.name}",
                lambda: F.scaled_dot_product_attention(
                    query, key, value, is_causal=causal and not decodes, enable_gqa=heads != key_value_heads),
                operations=0 if decodes else 4 * batch * heads * pairs * dimension,
                moved=2 * key.numel() * key.element_size())


source, target = numbers(1 << 28), numbers(1 << 28)
line("Copy of 1 GiB", lambda: target.copy_(source), moved=8 << 28)
del source, target
for dimension, heads in ((64, 32), (128, 16), (256, 8)):
    for causal in (True, False):
        attention(f"Prefill, fp16, D = {dimension}, {'causal' if causal else 'full'}", 4, heads, heads, 4096, 4096, dimension, causal)
attention("Prefill, fp16, D = 128, 16384 tokens, causal", 1, 16, 16, 16384, 16384, 128)
attention("Prefill, fp16, D = 128, 32 × 512 tokens, causal", 32, 16, 16, 512, 512, 128)
attention("Prefill, fp16, D = 128, heads 32/8, causal", 2, 32, 8, 4096, 4096, 128)
for dimension, heads in ((64, 32), (128, 16)):
    attention(
        f"Prefill, fp32, D = {dimension}, causal", 2, heads, heads, 2048, 2048, dimension, dtype=torch.float32,
        backends=(SDPBackend.EFFICIENT_ATTENTION,))
attention("Decode, fp16", 16, 32, 8, 1, 8192, 128)
attention("Decode, fp16, heads 32/32", 16, 32, 32, 1, 2048, 128)
attention("Decode, fp16, one sequence of 32768", 1, 32, 8, 1, 32768, 128)
attention("Decode, fp16, one sequence of 1024", 1, 32, 8, 1, 1024, 128)
rows, weight = numbers(16384, 4096), numbers(4096)
line("RMSNorm, 16384 × 4096", lambda: F.rms_norm(rows, (4096,), weight), moved=8 * rows.numel())
line("LayerNorm, 16384 × 4096", lambda: F.layer_norm(rows, (4096,), weight, weight), moved=8 * rows.numel())
for tokens in (4096, 1, 8):
    rows, weight = numbers(tokens, 4096), numbers(4096, 4096)
    line(
        f"Linear, fp32, {tokens} tokens, 4096 × 4096", lambda: F.linear(rows, weight),
        operations=2 * tokens * 4096**2 if tokens > 32 else 0, moved=4 * 4096**2)
rows, weight = numbers(1, 64), numbers(64)
line("RMSNorm, 1 × 64: a launch", lambda: F.rms_norm(rows, (64,), weight))
