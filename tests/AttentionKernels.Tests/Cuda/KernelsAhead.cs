using System.Collections.Concurrent;

namespace AttentionKernels.Tests.Cuda;

/// <summary>Assembles kernels, and while a test waits for its own, compiles another one that a later test needs.</summary>
public sealed class KernelsAhead : IDisposable
{
    private readonly ConcurrentQueue<CudaKernel> _kernels = new(CudaKernels.All.Values);
    private Task _ahead = Task.CompletedTask;

    /// <summary>Assembles a kernel for all its architectures.</summary>
    internal void Assemble(CudaKernel kernel)
    {
        Task own = Task.Run(kernel.Assemble);
        if (_ahead.IsCompleted)
            _ahead = Task.Run(Next);
        own.GetAwaiter().GetResult();
    }

    /// <summary>Waits for what is in the making: no other test is to run beside it.</summary>
    public void Dispose() => _ahead.Wait();

    private void Next()
    {
        while (_kernels.TryDequeue(out CudaKernel? kernel))
        {
            if (kernel.IsCompiled)
                continue;
            kernel.Assemble();
            return;
        }
    }
}
