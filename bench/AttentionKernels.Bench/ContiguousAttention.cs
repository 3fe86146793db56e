using AttentionKernels.Oracle;

namespace AttentionKernels.Bench;

/// <summary>A device, tensors filled with seeded data, and a plan; what the attention benchmarks run.</summary>
internal sealed class ContiguousAttention : IDisposable
{
    private readonly AttentionDevice _device;
    private readonly Tensor<float> _query;
    private readonly Tensor<float> _key;
    private readonly Tensor<float> _value;
    private readonly Tensor<float> _output;
    private readonly AttentionPlan<float> _plan;

    public ContiguousAttention(string device, AttentionShape shape, AttentionAlgorithm algorithm, bool causal)
    {
        _device = AttentionDevice.Open(device);
        _query = _device.Upload(RandomData.Normal(1, shape.Query.ElementCount), shape.Query);
        _key = _device.Upload(RandomData.Normal(2, shape.Key.ElementCount), shape.Key);
        _value = _device.Upload(RandomData.Normal(3, shape.Key.ElementCount), shape.Key);
        _output = _device.Allocate<float>(shape.Query);
        var options = new AttentionOptions { Algorithm = algorithm };
        _plan = causal
            ? _device.PlanAttention(shape.Query, shape.Key, new CausalMask(), options)
            : _device.PlanAttention(shape.Query, shape.Key, new NoMask(), options);
    }

    /// <summary>Runs the plan and waits for the device.</summary>
    public void Run()
    {
        _plan.Run(_query, _key, _value, _output);
        _device.Synchronize();
    }

    public void Dispose()
    {
        _plan.Dispose();
        _output.Dispose();
        _value.Dispose();
        _key.Dispose();
        _query.Dispose();
        _device.Dispose();
    }
}
