using System.Collections.Concurrent;
using System.Diagnostics;
using AttentionKernels.Devices;
using AttentionKernels.Drivers;
using AttentionKernels.Streams;
using ILGPU;

namespace AttentionKernels;

/// <content>What is compiled for the device, and who hears of it.</content>
public sealed partial class AttentionDevice
{
    private readonly ConcurrentDictionary<Type, object> _kernels = new();
    private readonly ConcurrentDictionary<Type, object> _kept = new();

    /// <summary>Raised when a kernel has been compiled, with its name and how long it took, on the thread that needed it.</summary>
    /// <remarks>A kernel is compiled once, when a plan is made or at the first call of an operation without one; launches raise nothing.
    /// What a handler throws reaches that caller; the kernel stays compiled.</remarks>
    public event Action<string, TimeSpan>? KernelCompiled;

    /// <summary>Raised when the kernels of a plan of attention are chosen and compiled, with the plan's explanation, on the thread that
    /// makes it.</summary>
    /// <remarks>What a handler throws reaches whoever makes the plan, and there is none then. Reference attention, which chooses nothing,
    /// raises nothing.</remarks>
    public event Action<string>? PlanMade;

    /// <summary>Compiles a kernel, once; later calls return the same one.</summary>
    /// <typeparam name="T">The kernel with its launcher, whose first type argument is the kernel itself.</typeparam>
    /// <exception cref="KernelCompilationException">The kernel uses what devices cannot run.</exception>
    /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
    internal T Load<T>(Func<AttentionDevice, T> compile)
    {
        ThrowIfDisposed();
        if (_kernels.TryGetValue(typeof(T), out object? loaded))
            return (T)loaded;

        if (Compile(compile, out T kernel) is { } time)
            KernelCompiled?.Invoke(KernelTypes.Name(typeof(T).GenericTypeArguments[0]), time);
        return kernel;
    }

    /// <summary>What is made for the device once and kept as long, such as the kernels of an operation, which compile when they are first
    /// needed.</summary>
    /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
    internal T Keep<T>(Func<AttentionDevice, T> make)
    {
        ThrowIfDisposed();
        return (T)_kept.GetOrAdd(typeof(T), static (_, given) => given.make(given.device)!, (make, device: this));
    }

    /// <summary>Says that a plan of attention is made; it explains itself to whoever listens.</summary>
    internal void ReportPlan(Func<string> explain) => PlanMade?.Invoke(explain());

    // Compilers share the context's caches, which a failure spoils for every later kernel: one compilation at a time, and the caches
    // are emptied after a failure. Kernels that are compiled already do not need them. Says how long it took, where this call compiled
    // it.
    private TimeSpan? Compile<T>(Func<AttentionDevice, T> compile, out T kernel)
    {
        lock (Accelerator.Context)
        {
            if (_kernels.TryGetValue(typeof(T), out object? loaded))
            {
                kernel = (T)loaded;
                return null;
            }

            using WorkOrder.Hold hold = Order.KeepOpen();
            long start = Stopwatch.GetTimestamp();
            try
            {
                kernel = compile(this);
                _kernels[typeof(T)] = kernel!;

                // Some 10 MB of a kernel's code would stay in them, and no later compilation is the faster for it. Contexts of the
                // application may be compiling for it at this moment.
                if (_ownedContext is not null)
                    Accelerator.Context.ClearCache(ClearCacheMode.Everything);
                return Stopwatch.GetElapsedTime(start);
            }
            catch (Exception exception) when (exception is not (ArgumentException or OutOfMemoryException or ObjectDisposedException))
            {
                Accelerator.Context.ClearCache(ClearCacheMode.Everything);
                throw new KernelCompilationException(
                    $"{KernelTypes.Name(typeof(T).GenericTypeArguments[0])} cannot be compiled for {DeviceChecks.Own(this)}: " +
                    DriverError.Describe(exception.GetBaseException()), exception);
            }
        }
    }
}
