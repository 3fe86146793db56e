namespace AttentionKernels.Peers.Operations;

/// <summary>An operation on a device of the library. Waiting for the device is part of a run.</summary>
internal sealed class DeviceRun(AttentionDevice device) : PreparedRun
{
    private readonly List<Action> _queue = [];
    private Tensor<float>? _result;

    /// <summary>The device.</summary>
    public AttentionDevice Device => device;

    /// <summary>Takes over what all copies share.</summary>
    public T Share<T>(T item)
        where T : IDisposable => Own(item);

    /// <summary>Uploads an operand.</summary>
    public Tensor<float> Upload(float[] elements, TensorShape shape) => Own(device.Upload(elements, shape));

    /// <summary>Adds a copy of the operands.</summary>
    /// <param name="shape">The shape of the output.</param>
    /// <param name="queue">Queues the operation, given its output.</param>
    public void Add(TensorShape shape, Action<Tensor<float>> queue)
    {
        Tensor<float> output = Own(device.Allocate<float>(shape));
        _result ??= output;
        _queue.Add(() => queue(output));
    }

    /// <inheritdoc/>
    public override void Run(int copy)
    {
        _queue[copy]();
        device.Synchronize();
    }

    /// <inheritdoc/>
    public override float[]? Result() => _result?.ToArray();
}
