using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.BadInput;

/// <summary>Wrong calls of rotary embedding and the norms.</summary>
[Trait("Speed", "Quick")]
public class OperationBadInputTests(TestDevices devices) : DeviceTests(devices)
{
    [Theory, EachBackend]
    public void A_wrong_rotary_embedding_is_refused_without_effect(Backend backend)
    {
        AttentionDevice device = Device(backend);
        TensorShape shape = [1, 3, 2, 8];
        using var input = GuardedTensor<float>.Of(device, RandomData.Normal(1, shape), shape);
        using var output = GuardedTensor<float>.Poisoned(device, shape);
        using var table = new RotaryTable(device, 10, 8);
        using var wide = new RotaryTable(device, 10, 16);
        using Tensor<float> other = device.Allocate<float>([1, 3, 2, 4]);
        using Tensor<float> flat = device.Allocate<float>([3, 2, 8]);
        using Tensor<int> positions = device.Upload([1, 2], [1, 2]);

        Verify<ArgumentException>(() => device.RotaryEmbedding(flat, table, output, RotaryStyle.HalfSplit), "*'input'*[3, 2, 8]*");
        Verify<ArgumentException>(() => device.RotaryEmbedding(input, table, other, RotaryStyle.HalfSplit), "*'output'*[1, 3, 2, 4]*[1, 3, 2, 8]*");
        Verify<ArgumentException>(() => device.RotaryEmbedding(input, wide, output, RotaryStyle.HalfSplit), "*rotary dimension is 16*8*");
        Verify<ArgumentOutOfRangeException>(() => device.RotaryEmbedding(input, table, output, RotaryStyle.HalfSplit, 8), "*position 10*0 to 9*");
        Verify<ArgumentOutOfRangeException>(() => device.RotaryEmbedding(input, table, output, RotaryStyle.HalfSplit, -1), "*firstPosition*");
        Verify<ArgumentOutOfRangeException>(() => device.RotaryEmbedding(input, table, output, (RotaryStyle)5), "*HalfSplit or Interleaved*");
        Verify<ArgumentException>(() => device.RotaryEmbedding(input, table, output, RotaryStyle.HalfSplit, positions), "*'positions'*[1, 2]*[1, 3]*");

        void Verify<TException>(Action wrong, string says)
            where TException : Exception => WrongCall.Verify<TException>(
                device, [output], () => device.RotaryEmbedding(input, table, output, RotaryStyle.HalfSplit, 7), wrong, says);
    }

    [Theory, EachBackend]
    public void A_wrong_rotary_table_is_refused(Backend backend)
    {
        AttentionDevice device = Device(backend);
        FluentActions.Invoking(() => new RotaryTable(device, 0, 8)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*positions*");
        FluentActions.Invoking(() => new RotaryTable(device, 4, 7)).Should().Throw<ArgumentException>().WithMessage("*rotary dimension is 7*even*");
        FluentActions.Invoking(() => new RotaryTable(device, 4, 0)).Should().Throw<ArgumentException>().WithMessage("*rotary dimension is 0*");
        FluentActions.Invoking(() => new RotaryTable(device, 4, 8, 1)).Should().Throw<ArgumentException>().WithMessage("*base is 1*");
        FluentActions.Invoking(() => new RotaryTable(device, 4, 8, double.NaN)).Should().Throw<ArgumentException>().WithMessage("*base is NaN*");
    }

    [Theory, EachBackend]
    public void A_wrong_norm_is_refused_without_effect(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var input = GuardedTensor<float>.Of(device, RandomData.Normal(1, 24), [3, 8]);
        using var output = GuardedTensor<float>.Poisoned(device, [3, 8]);
        using var weight = GuardedTensor<float>.Of(device, RandomData.Normal(2, 8), [8]);
        using Tensor<float> seven = device.Allocate<float>([7]);
        using Tensor<float> empty = device.Allocate<float>([3, 0]);
        using Tensor<float> other = device.Allocate<float>([2, 8]);
        Tensor<float> disposed = device.Allocate<float>([3, 8]);
        TensorView<float> gone = disposed;
        disposed.Dispose();

        Verify<ArgumentException>(() => device.RmsNorm(input, seven, output), "*'weight'*[7]*[8]*");
        Verify<ArgumentException>(() => device.RmsNorm(input, weight, other), "*'output'*[2, 8]*[3, 8]*");
        Verify<ArgumentException>(() => device.RmsNorm(empty, weight, empty), "*'input'*[3, 0]*");
        Verify<ArgumentException>(() => device.RmsNorm(input, weight, output, 0f), "*Epsilon is 0*");
        Verify<ArgumentException>(() => device.RmsNorm(input, weight, output, float.NaN), "*Epsilon is NaN*");
        Verify<ArgumentException>(() => device.RmsNorm(input, weight, output, schedule: (KernelSchedule)4), "*Vector or Simt*");
        Verify<ObjectDisposedException>(() => device.RmsNorm(gone, weight, output), "*");
        Verify<ArgumentException>(() => device.LayerNorm(input, null, weight.View, output), "*bias*without a weight*");
        Verify<ArgumentException>(() => device.LayerNorm(input, seven, null, output), "*'weight'*[7]*[8]*");

        void Verify<TException>(Action wrong, string says)
            where TException : Exception =>
            WrongCall.Verify<TException>(device, [output], () => device.RmsNorm(input, weight, output), wrong, says);
    }

    [Theory, EachBackend]
    public void A_wrong_batch_norm_is_refused_without_effect(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var input = GuardedTensor<float>.Of(device, RandomData.Normal(1, 24), [3, 2, 4]);
        using var output = GuardedTensor<float>.Poisoned(device, [3, 2, 4]);
        using var mean = GuardedTensor<float>.Of(device, [1f, 2f], [2]);
        using var variance = GuardedTensor<float>.Of(device, [1f, 2f], [2]);
        using Tensor<float> three = device.Upload([1f, 2f, 3f], [3]);
        using Tensor<float> single = device.Allocate<float>([1, 2]);
        using Tensor<float> row = device.Allocate<float>([4]);
        var channels = new BatchNormChannels(mean, variance);

        Verify(() => device.BatchNormTraining(input, new BatchNormChannels(three, variance), output), "*'channels.RunningMean'*[3]*[2]*");
        Verify(() => device.BatchNormTraining(input, channels, output, momentum: 1.5f), "*momentum is 1.5*0 to 1*");
        Verify(() => device.BatchNormTraining(input, channels, output, momentum: float.NaN), "*momentum is NaN*");
        Verify(() => device.BatchNormTraining(input, channels, output, epsilon: -1f), "*Epsilon is -1*");
        Verify(() => device.BatchNormTraining(single, channels, single), "*1 value a channel*at least 2*");
        Verify(() => device.BatchNormTraining(input, channels with { Weight = three.View }, output), "*'channels.Weight'*[3]*[2]*");
        Verify(() => device.BatchNormInference(row, channels, row), "*'input'*[4]*[batch, channels*");
        Verify(() => device.BatchNormInference(input, channels with { Bias = mean.View }, output), "*bias*without a weight*");
        mean.VerifyUnchanged();
        variance.VerifyUnchanged();

        void Verify(Action wrong, string says) => WrongCall.Verify<ArgumentException>(
            device, [output], () => device.BatchNormInference(input, channels, output), wrong, says);
    }
}
