using ILGPU.Runtime;

namespace AttentionKernels.Soak;

/// <summary>Calls that are wrong in one thing, each with the exception that it must have.</summary>
internal sealed class WrongCalls
{
    private readonly AttentionDevice _device;
    private readonly AttentionDevice _other;
    private readonly AcceleratorStream _stream;
    private readonly Random _random;
    private readonly (string Name, Type Exception, Action Run)[] _calls;

    public WrongCalls(AttentionDevice device, AttentionDevice other, AcceleratorStream stream, Random random)
    {
        _device = device;
        _other = other;
        _stream = stream;
        _random = random;
        _calls =
        [
            ("a negative extent", typeof(ArgumentException), () => _device.Allocate<float>([-1, 4])),
            ("more memory than there is", typeof(DeviceMemoryException), () => _device.Allocate<double>([1L << 50])),
            ("too few elements", typeof(ArgumentException), () => _device.Upload(new float[3], [4])),
            ("a pointer of 0", typeof(ArgumentException), () => _device.Wrap<float>(0, [4])),
            ("a slice beyond the end", typeof(ArgumentOutOfRangeException), () => With(_device, 4, 4, x => x.Slice(0, 3, 2))),
            ("a wrong width", typeof(ArgumentException),
                () => With(_device, 4, 6, x => With(_device, 4, 5, y => _device.Softmax(x, y, stream: _stream)))),
            ("an overlap", typeof(ArgumentException),
                () => With(_device, 4, 6, x => _device.Softmax(x.Slice(0, 0, 3), x.Slice(0, 1, 3), stream: _stream))),
            ("memory of another device", typeof(ArgumentException),
                () => With(_other, 4, 6, x => With(_device, 4, 6, y => _device.Softmax(x, y, stream: _stream)))),
            ("a stream of another device", typeof(ArgumentException),
                () => With(_device, 4, 6, x => _device.Softmax(x, x, stream: _other.DefaultStream))),
            ("disposed memory", typeof(ObjectDisposedException), UseDisposed),
            ("heads that do not divide", typeof(ArgumentException),
                () => _device.PlanAttention([1, 2, 3, 8], [1, 2, 2, 8], new NoMask()).Dispose()),
            ("a disposed plan", typeof(ObjectDisposedException), RunDisposed),
            ("too few pages", typeof(CacheCapacityException), Overfill),
        ];
    }

    /// <summary>All calls, which fail unless the library refuses them as it should.</summary>
    public IEnumerable<(string Name, Action Run)> All => _calls.Select(Expecting);

    /// <summary>The next call, likewise.</summary>
    public (string Name, Action Run) Next() => Expecting(_calls[_random.Next(_calls.Length)]);

    private static (string Name, Action Run) Expecting((string Name, Type Exception, Action Run) call) =>
        (call.Name, () => Expect(call.Name, call.Exception, call.Run));

    private static void Expect(string name, Type expected, Action run)
    {
        try
        {
            run();
        }
        catch (Exception exception) when (expected.IsInstanceOfType(exception))
        {
            return;
        }

        throw new SoakFailure($"{name} was taken; it must be a {expected.Name}.");
    }

    private static void With(AttentionDevice device, int rows, int columns, Action<TensorView<float>> use)
    {
        using Tensor<float> tensor = device.Upload(new float[rows * columns], [rows, columns]);
        use(tensor);
    }

    private void UseDisposed()
    {
        TensorView<float> view;
        using (Tensor<float> tensor = _device.Upload(new float[4], [1, 4]))
            view = tensor;
        _device.Softmax(view, view, stream: _stream);
    }

    private void RunDisposed()
    {
        TensorShape shape = [1, 1, 1, 8];
        AttentionPlan<float> plan = _device.PlanAttention(shape, shape, new CausalMask());
        plan.Dispose();
        using Tensor<float> tensor = _device.Upload(new float[8], shape), output = _device.Allocate<float>(shape);
        plan.Run(tensor, tensor, tensor, output, stream: _stream);
    }

    private void Overfill()
    {
        var options = new CacheOptions { Pages = 2, PageSize = 16, Layers = 1, KeyValueHeads = 1, HeadDimension = 8 };
        using var cache = new PagedKeyValueCache(_device, options);
        using CachedSequence sequence = cache.Start();
        sequence.Extend(33, _stream);
    }
}
