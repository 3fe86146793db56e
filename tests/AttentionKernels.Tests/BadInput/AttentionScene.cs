using AttentionKernels.Tests.Infrastructure;
using ILGPU.Runtime;

namespace AttentionKernels.Tests.BadInput;

/// <summary>A small attention problem with a plan, whose runs can be made wrong one argument at a time.</summary>
internal sealed class AttentionScene : IDisposable
{
    public static readonly TensorShape QueryShape = [1, 3, 4, 8];
    public static readonly TensorShape KeyShape = [1, 5, 2, 8];
    public static readonly TensorShape StateShape = [1, 4, 3];

    private readonly List<IDisposable> _extra = [];

    public AttentionScene(AttentionDevice device)
    {
        Device = device;
        Query = GuardedTensor<float>.Of(device, RandomData.Normal(1, QueryShape), QueryShape);
        Key = GuardedTensor<float>.Of(device, RandomData.Normal(2, KeyShape), KeyShape);
        Value = GuardedTensor<float>.Of(device, RandomData.Normal(3, KeyShape), KeyShape);
        Output = GuardedTensor<float>.Poisoned(device, QueryShape);
        LogSumExp = GuardedTensor<float>.Poisoned(device, StateShape);
        Plan = device.PlanAttention(QueryShape, KeyShape, new CausalMask());
    }

    public AttentionDevice Device { get; }

    public GuardedTensor<float> Query { get; }

    public GuardedTensor<float> Key { get; }

    public GuardedTensor<float> Value { get; }

    public GuardedTensor<float> Output { get; }

    public GuardedTensor<float> LogSumExp { get; }

    public AttentionPlan<float> Plan { get; }

    /// <summary>Runs the plan, with the arguments that are given in place of the right ones.</summary>
    public void Run(
        TensorView<float>? query = null, TensorView<float>? key = null, TensorView<float>? value = null,
        TensorView<float>? output = null, TensorView<float>? logSumExp = null, AcceleratorStream? stream = null) =>
        Plan.Run(query ?? Query, key ?? Key, value ?? Value, output ?? Output, logSumExp ?? LogSumExp.View, stream);

    /// <summary>A dense tensor of another shape.</summary>
    public TensorView<float> Dense(TensorShape shape) => Own(Device.Allocate<float>(shape));

    /// <summary>A tensor with strides.</summary>
    public TensorView<float> Strided(TensorShape shape, TensorShape strides) =>
        new(Own(Device.Allocate<float>([1024])).View.Data, shape, strides);

    /// <summary>A log-sum-exp in the memory of another tensor's last elements.</summary>
    public static TensorView<float> StatesOver(TensorView<float> other) =>
        new(other.Data.SubView(other.Data.Length - StateShape.ElementCount, StateShape.ElementCount), StateShape);

    /// <summary>A tensor that was disposed while a view of it was kept.</summary>
    public TensorView<float> Disposed(TensorShape shape)
    {
        Tensor<float> tensor = Device.Allocate<float>(shape);
        TensorView<float> view = tensor;
        tensor.Dispose();
        return view;
    }

    /// <summary>A tensor of a device of its own.</summary>
    public TensorView<float> Elsewhere(TensorShape shape) => Own(OtherDevice()).Allocate<float>(shape);

    /// <summary>A stream of a device of its own.</summary>
    public AcceleratorStream ForeignStream() => Own(OtherDevice()).DefaultStream;

    public void Dispose()
    {
        Plan.Dispose();
        foreach (IDisposable tensor in new[] { Query, Key, Value, Output, LogSumExp })
            tensor.Dispose();
        foreach (IDisposable owned in _extra)
            owned.Dispose();
    }

    private static AttentionDevice OtherDevice() => AttentionDevice.Open(DeviceKind.Cpu);

    private T Own<T>(T owned)
        where T : IDisposable
    {
        _extra.Add(owned);
        return owned;
    }
}
