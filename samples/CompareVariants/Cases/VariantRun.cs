namespace AttentionKernels.Samples.CompareVariants;

/// <summary>A variant on a device: its device memory, how to run it, and how to check it.</summary>
internal sealed class VariantRun(AttentionDevice device) : IDisposable
{
    private readonly Stack<IDisposable> owned = new();
    private readonly List<(TensorView<float> Tensor, float[] Initial, Reference Expected)> results = [];

    /// <summary>The device.</summary>
    public AttentionDevice Device => device;

    /// <summary>The schedule that suits the device, where a kernel has both.</summary>
    public KernelSchedule PreferredSchedule =>
        device.Description.Kind is DeviceKind.Cuda or DeviceKind.OpenClGpu ? KernelSchedule.Simt : KernelSchedule.Vector;

    /// <summary>How the kernel uses the device.</summary>
    public KernelSchedule Schedule { get; set; } = KernelSchedule.Vector;

    /// <summary>Device memory that the variant needs besides the operands.</summary>
    public long ExtraBytes { get; set; }

    /// <summary>Into how many equal parts the case was cut, of which a run computes one.</summary>
    public int Parts { get; set; } = 1;

    /// <summary>Queues the work.</summary>
    public Action Queue { get; set; } = () => { };

    /// <summary>Queues enough work to have everything compiled; a whole run unless set.</summary>
    public Action? QueueWarmUp { get; set; }

    /// <summary>Takes over the disposal of a resource.</summary>
    public T Own<T>(T resource)
        where T : IDisposable
    {
        owned.Push(resource);
        return resource;
    }

    /// <summary>Copies an input to the device.</summary>
    public Tensor<T> Upload<T>(T[] elements, TensorShape shape)
        where T : unmanaged =>
        Own(device.Upload(elements, shape));

    /// <summary>Allocates an output, which every run has to write completely.</summary>
    public Tensor<float> Output(TensorShape shape) => Own(device.Allocate<float>(shape));

    /// <summary>Says what a tensor must hold after one run.</summary>
    /// <param name="tensor">A dense tensor, or a view of one.</param>
    /// <param name="expected">What it must hold.</param>
    /// <param name="initial">What it holds before; NaN, which no result has, where <see langword="null"/>.</param>
    public void Expect(TensorView<float> tensor, Reference expected, float[]? initial = null)
    {
        if (initial is null)
        {
            initial = new float[tensor.ElementCount];
            Array.Fill(initial, float.NaN);
        }

        results.Add((tensor, initial, expected));
    }

    /// <summary>Puts the results into the state before the first run.</summary>
    public void Reset()
    {
        foreach ((TensorView<float> tensor, float[] initial, _) in results)
            tensor.CopyFrom(initial);
    }

    /// <summary>Runs and waits for the device.</summary>
    public void Run()
    {
        Queue();
        device.Synchronize();
    }

    /// <summary>Runs what compiles everything and waits for the device.</summary>
    public void WarmUp()
    {
        (QueueWarmUp ?? Queue)();
        device.Synchronize();
    }

    /// <summary>The error and its bound, of the result that is nearest to its bound or farthest above it.</summary>
    public (double Error, double Bound) Check() => results
        .Select(result => (Error: result.Expected.ErrorOf(result.Tensor.ToArray()), result.Expected.Bound))
        .MaxBy(check => double.IsNaN(check.Error) ? double.PositiveInfinity : check.Error / check.Bound);

    /// <summary>Frees the device memory.</summary>
    public void Dispose()
    {
        while (owned.TryPop(out IDisposable? resource))
            resource.Dispose();
    }
}
