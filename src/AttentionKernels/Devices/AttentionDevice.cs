using System.Diagnostics.CodeAnalysis;
using AttentionKernels.Devices;
using AttentionKernels.Drivers;
using AttentionKernels.Streams;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace AttentionKernels;

/// <summary>
/// An opened device: the owner of what runs kernels, allocates tensors and makes plans. Disposing it ends everything made from it.
/// </summary>
/// <remarks>
/// <para>A device may be used from several threads; a thread that is to compute beside others takes a stream of its own,
/// <c>device.Accelerator.CreateStream()</c>. Work is queued on <see cref="DefaultStream"/> unless a method takes another stream;
/// <see cref="Synchronize"/> waits for it.</para>
/// <para>Work on several streams is ordered where it uses the same memory: before a stream reads what another one writes, or writes what
/// another one reads or writes, the library waits for the other one, on the host. So nobody else needs to wait between streams; and a
/// stream that has its memory to itself waits for nobody. This holds for what the library queues; kernels and copies that are given to
/// ILGPU directly are ordered by whoever does so.</para>
/// <para>Disposing memory, a plan, a cache or the device waits for what is under way, on whatever thread and stream.</para>
/// </remarks>
public sealed partial class AttentionDevice : IDisposable
{
    /// <summary>The environment variable whose value, a selector, overrides the choice of <see cref="Open()"/>.</summary>
    public const string EnvironmentVariable = "ATTENTIONKERNELS_DEVICE";

    // A few workers per core even out uneven tiles; each has scratch memory, so there are not many.
    private const int WorkersPerComputeUnit = 4;

    private readonly Context? _ownedContext;
    private int _disposed;

    private AttentionDevice(Accelerator accelerator, DeviceDescription description, Context? ownedContext)
    {
        Accelerator = accelerator;
        Description = description;
        _ownedContext = ownedContext;
        Order = WorkOrder.Of(accelerator);
        Scheduler = description.Kind == DeviceKind.Cpu ? new TileScheduler() : null;
        Workers = Scheduler?.Workers ?? Math.Max(1, description.ComputeUnits) * WorkersPerComputeUnit;
        RepairCompiler(accelerator);
    }

    /// <summary>ILGPU's accelerator, for kernels of your own.</summary>
    public Accelerator Accelerator { get; }

    /// <summary>What is known of the device.</summary>
    public DeviceDescription Description { get; }

    /// <summary>The stream that operations use unless told otherwise.</summary>
    /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
    public AcceleratorStream DefaultStream
    {
        get
        {
            ThrowIfDisposed();
            return Accelerator.DefaultStream;
        }
    }

    /// <summary>How many tiles of a tile kernel with scratch memory are in flight at once; its scratch memory is this many times one
    /// tile's.</summary>
    public int Workers { get; }

    /// <summary>Orders the work on the accelerator.</summary>
    internal WorkOrder Order { get; }

    /// <summary>Runs tile kernels on the managed CPU; <see langword="null"/> where a driver does.</summary>
    internal TileScheduler? Scheduler { get; }

    /// <summary>Gives the kernel of a name, by default what compiles it gives: tests compile once and change the text.</summary>
    internal Func<string, Func<CompiledKernel>, CompiledKernel> Compiled { get; private init; } = static (_, compile) => compile();

    internal bool IsGpu => Description.Kind is DeviceKind.Cuda or DeviceKind.OpenClGpu;

    /// <summary>
    /// Opens the best device that is usable: CUDA, OpenCL GPU, OpenCL CPU, managed CPU, in that order; or the one that the environment
    /// variable <see cref="EnvironmentVariable"/> selects.
    /// </summary>
    /// <returns>The device; the caller disposes it.</returns>
    /// <exception cref="DeviceUnavailableException">The environment variable selects a device that is absent or unusable.</exception>
    /// <exception cref="DynamicCodeRequiredException">The program runs without dynamic code.</exception>
    /// <exception cref="TrimmedAssemblyException">The program was trimmed without the package's roots.</exception>
    /// <example>
    /// <code>
    /// using var device = AttentionDevice.Open();                                  // the best there is: CUDA, OpenCL, managed CPU
    /// Console.WriteLine(device);
    /// </code>
    /// </example>
    [RequiresDynamicCode(DynamicCodeRequiredException.Remedy)]
    public static AttentionDevice Open()
    {
        string? selector = Environment.GetEnvironmentVariable(EnvironmentVariable);
        return string.IsNullOrWhiteSpace(selector) ? Open(_ => true, "any device") : Open(selector);
    }

    /// <summary>Opens a device of a kind.</summary>
    /// <param name="kind">The kind.</param>
    /// <returns>The device; the caller disposes it.</returns>
    /// <exception cref="DeviceUnavailableException">There is none of this kind, or it cannot be used.</exception>
    /// <exception cref="DynamicCodeRequiredException">The program runs without dynamic code.</exception>
    /// <exception cref="TrimmedAssemblyException">The program was trimmed without the package's roots.</exception>
    /// <example>
    /// <code>
    /// using var device = AttentionDevice.Open(DeviceKind.Cpu);
    /// </code>
    /// </example>
    [RequiresDynamicCode(DynamicCodeRequiredException.Remedy)]
    public static AttentionDevice Open(DeviceKind kind) => Open(device => device.Kind == kind, $"a device of kind {kind}");

    /// <summary>Opens the device that a selector names.</summary>
    /// <param name="selector">
    /// A family (<c>cuda</c>, <c>opencl</c>, <c>cpu</c>), a family and an index (<c>opencl:1</c>), the index of a line of
    /// <see cref="DeviceCatalog.List"/> (<c>0</c>), or a part of the device's name, of at least 3 characters. Case does not matter.
    /// </param>
    /// <returns>The device; the caller disposes it.</returns>
    /// <exception cref="ArgumentException"><paramref name="selector"/> is <see langword="null"/> or blank.</exception>
    /// <exception cref="DeviceUnavailableException">No usable device fits, or a name fits several devices of a family.</exception>
    /// <exception cref="DynamicCodeRequiredException">The program runs without dynamic code.</exception>
    /// <exception cref="TrimmedAssemblyException">The program was trimmed without the package's roots.</exception>
    /// <example>
    /// <code>
    /// using var device = AttentionDevice.Open("cpu");                             // or "opencl", "cuda:1", or a part of a name
    /// </code>
    /// </example>
    [RequiresDynamicCode(DynamicCodeRequiredException.Remedy)]
    public static AttentionDevice Open(string selector)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(selector);
        string text = selector.Trim();
        if (int.TryParse(text, out int line))
        {
            IReadOnlyList<DeviceDescription> list = DeviceCatalog.List();
            if (line < 0 || line >= list.Count)
                throw new DeviceUnavailableException($"Device {line} was asked for; the catalog has the lines 0 to {list.Count - 1}.");
            text = list[line].Selector;
        }

        var chosen = new DeviceSelector(text);
        return Open(chosen.Fits, $"device '{selector}'", chosen.Narrow);
    }

    /// <summary>Attaches to an accelerator that the application has made. Its context and the accelerator stay the application's to
    /// dispose.</summary>
    /// <param name="accelerator">An accelerator of a context built with <see cref="ContextBuilderExtensions.AttentionKernels"/>.</param>
    /// <returns>The device; disposing it leaves the accelerator alone.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="accelerator"/> is <see langword="null"/>.</exception>
    /// <exception cref="ObjectDisposedException"><paramref name="accelerator"/> is disposed.</exception>
    /// <exception cref="UnpreparedContextException">The accelerator's context was not prepared.</exception>
    /// <example>
    /// <code>
    /// using ILGPU;
    /// using ILGPU.Runtime.CPU;
    ///
    /// using var context = Context.Create(builder => builder.AttentionKernels().DefaultCPU());
    /// using var accelerator = context.CreateCPUAccelerator(0);
    /// using var device = AttentionDevice.Attach(accelerator);                     // of a program that has an accelerator already
    /// </code>
    /// </example>
    [RequiresDynamicCode(DynamicCodeRequiredException.Remedy)]
    public static AttentionDevice Attach(Accelerator accelerator)
    {
        ArgumentNullException.ThrowIfNull(accelerator);
        ObjectDisposedException.ThrowIf(accelerator.IsDisposed, accelerator);
        if (!accelerator.Context.IsPrepared())
            throw new UnpreparedContextException();
        return new AttentionDevice(accelerator, DeviceCatalog.Describe(accelerator.Device, []), null);
    }

    /// <summary>The same accelerator as if it had other properties: what is planned and compiled for them. Disposing it leaves the
    /// accelerator alone.</summary>
    internal AttentionDevice As(DeviceDescription description, Func<string, Func<CompiledKernel>, CompiledKernel>? compiled = null) =>
        new(Accelerator, description, null) { Compiled = compiled ?? Compiled };

    /// <summary>Waits for all work queued on a stream.</summary>
    /// <param name="stream">The stream; <see cref="DefaultStream"/> where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException"><paramref name="stream"/> is of another device.</exception>
    /// <exception cref="DeviceFailedException">The driver reports a failure of what was queued.</exception>
    /// <exception cref="ObjectDisposedException">The device or the stream is disposed.</exception>
    public void Synchronize(AcceleratorStream? stream = null) => Order.Of(DeviceChecks.Stream(this, stream)).Wait();

    /// <summary>As <see cref="Synchronize"/>, without a thread that waits.</summary>
    /// <param name="stream">The stream; <see cref="DefaultStream"/> where <see langword="null"/>.</param>
    /// <param name="cancellationToken">Ends the wait; the work goes on.</param>
    /// <returns>A task that is complete when the work is that was queued before the call.</returns>
    /// <exception cref="ArgumentException"><paramref name="stream"/> is of another device.</exception>
    /// <exception cref="DeviceFailedException">The driver reports a failure of what was queued.</exception>
    /// <exception cref="ObjectDisposedException">The device or the stream is disposed.</exception>
    public Task SynchronizeAsync(AcceleratorStream? stream = null, CancellationToken cancellationToken = default) =>
        Order.Of(DeviceChecks.Stream(this, stream)).WaitAsync(cancellationToken);

    /// <summary>
    /// Waits for all work under way, then closes the device, and with it its context, unless it was attached. Tensors of a closed device
    /// can no longer be used.
    /// </summary>
    /// <exception cref="InvalidOperationException">The caller is a tile of a running kernel.</exception>
    public void Dispose()
    {
        TileScheduler.ThrowIfInsideTile();
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        Order.Drain(closes: _ownedContext is not null);
        Scheduler?.Dispose();
        _kernels.Clear();
        if (_ownedContext is not null)
        {
            Accelerator.Dispose();
            _ownedContext.Dispose();
        }
    }

    /// <summary>The device's line in the catalog.</summary>
    public override string ToString() => Description.ToString();

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);

    [RequiresDynamicCode(DynamicCodeRequiredException.Remedy)]
    private static AttentionDevice Open(
        Func<DeviceDescription, bool> fits,
        string wanted,
        Func<IReadOnlyList<DeviceDescription>, IReadOnlyList<DeviceDescription>>? narrow = null)
    {
        Context context = DeviceCatalog.CreateContext(out List<DeviceDescription> missing);
        try
        {
            var counters = new Dictionary<string, int>();
            var present = DeviceCatalog.InOrder(context).ToDictionary(device => DeviceCatalog.Describe(device, counters));
            IReadOnlyList<DeviceDescription> candidates = [.. present.Keys.Where(fits)];
            var reasons = new List<string>();
            foreach (DeviceDescription description in narrow?.Invoke(candidates) ?? candidates)
            {
                try
                {
                    return new AttentionDevice(present[description].CreateAccelerator(context), description, context);
                }
                catch (Exception exception) when (exception is not OutOfMemoryException)
                {
                    reasons.Add($"{description.Selector} {description.Name}: {DriverError.Describe(exception)}");
                }
            }

            reasons.AddRange(missing.Where(fits).Select(line => line.ToString()));
            string names = string.Join("; ", present.Keys.Select(description => $"{description.Selector} {description.Name}"));
            throw new DeviceUnavailableException(
                string.Join(" ", [$"No usable device fits {wanted}.", .. reasons, $"Present: {names}."]));
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    // The CPU accelerator runs the kernel's IL as it is: there is no optimiser to repair.
    private static void RepairCompiler(Accelerator accelerator)
    {
        switch (accelerator)
        {
            case CudaAccelerator cuda:
                Optimiser.Repair(cuda.Backend);
                break;
            case CLAccelerator openCl:
                Optimiser.Repair(openCl.Backend);
                break;
            case CPUAccelerator:
                break;
            default:
                throw new NotSupportedException(
                    $"Accelerators of type {accelerator.GetType().Name} are not supported; use CUDA, OpenCL or CPU.");
        }
    }
}
