using AttentionKernels.Tests.BadInput;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Elementwise;

/// <summary>Sums and gates of small integers are exact in every format, shape and stride, in place or not.</summary>
public class ElementwiseTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly TensorShape[] _shapes =
        [[1], [3], [4], [67], [256], [1030], [5, 1], [1, 1], [3, 7], [2, 64], [9, 130], [2, 3, 5], [2, 2, 3, 16], [0, 4], [3, 0], [2, 1, 8]];

    [Theory, EachBackend]
    public void Elements_of_fp32_are_exact(Backend backend) => VerifyShapes(backend, StoredType.Float32);

    [Theory, EachBackend]
    public void Elements_of_fp16_are_exact(Backend backend) => VerifyShapes(backend, StoredType.Float16);

    [Theory, EachBackend]
    public void Elements_of_bf16_are_exact(Backend backend) => VerifyShapes(backend, StoredType.BFloat16);

    [Theory, EachBackend]
    public void Rows_may_lie_in_a_larger_tensor(Backend backend)
    {
        AttentionDevice device = Device(backend);
        foreach (int hidden in (int[])[3, 8, 20])
        {
            // Gates and ups of one projection, of all tokens but the first of each sequence.
            TensorShape shape = [2, 4, 2 * hidden];
            float[] numbers = Integers(1, shape);
            using var both = GuardedTensor<float>.Of(device, numbers, shape);
            using var output = GuardedTensor<float>.Poisoned(device, [2, 3, hidden], [(3 * (hidden + 4)) + 8, hidden + 4, 1]);
            TensorView<float> tokens = both.View.Slice(1, 1, 3);
            TensorView<float> gate = tokens.Slice(2, 0, hidden);
            TensorView<float> up = tokens.Slice(2, hidden, hidden);

            device.Gate(gate, Activation.Relu, up, output);
            device.Synchronize();

            output.Verify();
            both.VerifyUnchanged();
            output.ToArray().Should().Equal(gate.ToArray().Zip(up.ToArray(), (g, u) => Math.Max(g, 0f) * u));

            float[] sum = [.. gate.ToArray().Zip(up.ToArray(), (g, u) => g + u)];
            device.Add(gate, up, gate);
            gate.ToArray().Should().Equal(sum);
            both.Verify();
        }
    }

    [Theory, EachBackend]
    public void New_tokens_are_copied_into_a_batched_cache(Backend backend)
    {
        AttentionDevice device = Device(backend);
        foreach (int dimension in (int[])[3, 16])
        {
            TensorShape shape = [3, 2, 2, dimension];
            Half[] numbers = StoredType.Float16.Store(Integers(dimension, shape));
            using var tokens = GuardedTensor<Half>.Of(device, numbers, shape);
            using var cache = GuardedTensor<Half>.Poisoned(device, shape.With(1, 5));
            TensorView<Half> place = cache.View.Slice(1, 2, 2);

            device.Copy(tokens, place, NumberFormat.Float16);

            place.ToArray().Should().Equal(numbers);
            cache.Verify();
            cache.View.Slice(1, 0, 2).ToArray().Should().OnlyContain(number => Half.IsNaN(number));
            cache.View.Slice(1, 4, 1).ToArray().Should().OnlyContain(number => Half.IsNaN(number));

            // And out of it, heads before tokens.
            using var heads = GuardedTensor<Half>.Poisoned(device, [1, 2, 2, dimension], [4L * dimension, dimension, 2L * dimension, 1]);
            device.Copy(place.Slice(0, 1, 1), heads, NumberFormat.Float16);
            heads.ToArray().Should().Equal(numbers[(4 * dimension)..(8 * dimension)]);
            heads.Verify();
            tokens.VerifyUnchanged();
        }
    }

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void Long_rows_and_memory_beyond_the_caches_are_as_they_are_in_parts(Backend backend)
    {
        AttentionDevice device = Device(backend);
        foreach (TensorShape shape in (TensorShape[])[[40_001], [2, 16_385], [70, 33_000], [5, 500_002]])
        {
            float[] left = RandomData.Normal(1, shape);
            float[] right = RandomData.Normal(2, shape);
            using Tensor<float> x = device.Upload(left, shape);
            using Tensor<float> y = device.Upload(right, shape);
            using Tensor<float> output = device.Allocate<float>(shape);
            device.Add(x, y, output);
            output.ToArray().AsSpan().SequenceEqual([.. left.Zip(right, (a, b) => a + b)]).Should().BeTrue("it is of {0}", shape);
            if (shape.Rank == 1)
                continue;
            using Tensor<float> bias = device.Upload(right.AsSpan(0, (int)shape[1]), [shape[1]]);
            device.Add(x, bias, output);
            output.ToArray().AsSpan().SequenceEqual([.. left.Select((a, index) => a + right[index % shape[1]])]).Should().BeTrue("it is of {0}", shape);
        }
    }

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void Numbers_of_16_bits_beyond_the_caches_are_exact(Backend backend)
    {
        AttentionDevice device = Device(backend);
        TensorShape shape = [3, 1_500_001];
        Half[] numbers = StoredType.Float16.Store(Integers(1, shape));
        using Tensor<Half> memory = device.Upload([.. numbers, (Half)0f, (Half)0f, (Half)0f], [shape.ElementCount + 3]);
        using var output = GuardedTensor<Half>.Poisoned(device, shape);
        foreach (int offset in (int[])[0, 3])
        {
            var input = new TensorView<Half>(memory.View.Data.SubView(offset), shape);
            device.Add(input, input, output, NumberFormat.Float16);
            output.Verify();
            output.ToArray().AsSpan().SequenceEqual([.. input.ToArray().Select(number => number + number)]).Should().BeTrue();
        }
    }

    [Theory, EachBackend]
    public void A_wrong_call_is_refused_without_effect(Backend backend)
    {
        AttentionDevice device = Device(backend);
        TensorShape shape = [2, 3, 4];
        using var input = GuardedTensor<float>.Of(device, Integers(1, shape), shape);
        using var output = GuardedTensor<float>.Poisoned(device, shape);
        using Tensor<float> bias = device.Upload([1f, 2f, 3f, 4f], [4]);
        using Tensor<float> three = device.Allocate<float>([3]);
        using Tensor<float> other = device.Allocate<float>([2, 3, 5]);
        using var large = GuardedTensor<float>.Of(device, Integers(1, [2, 3, 9]), [2, 3, 9]);
        TensorView<float> odd = new(large.View.Data, [2, 3, 4], [27, 9, 2]);
        TensorView<float> overlapping = new(large.View.Data.SubView(2), [2, 3, 4], [12, 4, 1]);
        TensorView<float> gaps = large.View.Slice(2, 0, 4);
        TensorView<float> first = new(large.View.Data, [2, 3, 4], [12, 4, 1]);

        Verify<ArgumentException>(() => device.Add(input, three, output), "*'right'*[3]*[4]*");
        Verify<ArgumentException>(() => device.Add(input, other, output), "*'right'*[2, 3, 5]*[2, 3, 4]*");
        Verify<ArgumentException>(() => device.Add(input, bias, other), "*'output'*[2, 3, 5]*[2, 3, 4]*");
        Verify<ArgumentException>(() => device.Add(odd, bias, output), "*'left'*last must be 1*");
        Verify<ArgumentException>(() => device.Add(first, bias, overlapping), "*'output'*'left'*");
        Verify<ArgumentException>(() => device.Add(gaps, new TensorView<float>(gaps.Data, [4]), gaps), "*'output' overlaps 'right'*");
        Verify<ArgumentException>(() => device.Add(new TensorView<float>(gaps.Data, [2, 3, 4], [0, 0, 1]), bias, gaps), "*'output' overlaps 'left'*");
        Verify<ArgumentException>(() => device.Gate(gaps, Activation.Silu, gaps, first), "*'output' overlaps 'gate'*");
        Verify<ArgumentException>(() => device.Activate(input, Activation.Gelu, output, three.View), "*'bias'*[3]*[4]*");
        Verify<ArgumentNullException>(() => device.Activate(input, null!, output), "*activation*");
        Verify<ArgumentException>(() => device.Gate(input, Activation.Gelu, bias, output), "*'up'*[4]*[2, 3, 4]*");
        Verify<ArgumentException>(() => device.Copy(other, output), "*'target'*[2, 3, 4]*[2, 3, 5]*");
        Verify<ArgumentException>(() => device.Copy(output, output), "*'target' overlaps 'source'*");

        void Verify<TException>(Action wrong, string says)
            where TException : Exception =>
            WrongCall.Verify<TException>(device, [output], () => device.Add(input, bias, output), wrong, says);
    }

    private static float[] Integers(int seed, TensorShape shape) => [.. RandomData.Uniform(seed, shape.ElementCount, -8f, 8f).Select(number => MathF.Round(number))];

    private void VerifyShapes<T>(Backend backend, StoredType<T> type)
        where T : unmanaged
    {
        AttentionDevice device = Device(backend);
        foreach (TensorShape shape in _shapes)
        {
            int columns = (int)shape[^1];
            float[] left = Integers(1, shape);
            float[] right = Integers(2, shape);
            float[] bias = Integers(3, [columns]);
            using var x = GuardedTensor<T>.Of(device, type.Store(left), shape);
            using var y = GuardedTensor<T>.Of(device, type.Store(right), shape);
            using var b = GuardedTensor<T>.Of(device, type.Store(bias), [columns]);
            using var output = GuardedTensor<T>.Poisoned(device, shape);

            device.Add(x, y, output, type.Type);
            Verify((index, a) => a + right[index]);
            device.Gate(x, Activation.Identity, y, output, type.Type);
            Verify((index, a) => a * right[index]);
            device.Activate(x, Activation.Relu, output, type.Type);
            Verify((_, a) => Math.Max(a, 0f));
            if (shape.Rank > 1)
            {
                device.Add(x, b, output, type.Type);
                Verify((index, a) => a + bias[index % columns]);
                device.Activate(x, Activation.Relu, output, type.Type, b.View);
                Verify((index, a) => Math.Max(a + bias[index % columns], 0f));
            }

            x.VerifyUnchanged();
            y.VerifyUnchanged();
            b.VerifyUnchanged();
            device.Add(x, y, y, type.Type);
            device.Activate(x, Activation.Relu, x, type.Type);
            x.Verify();
            y.Verify();
            type.Load(y.ToArray()).Should().Equal(left.Zip(right, (a, c) => a + c));
            type.Load(x.ToArray()).Should().Equal(left.Select(a => Math.Max(a, 0f)));

            void Verify(Func<int, float, float> expected)
            {
                output.Verify();
                type.Load(output.ToArray()).Should().Equal(left.Select((a, index) => expected(index, a)), "it is of {0}", shape);
                output.View.CopyFrom(type.Store([.. Enumerable.Repeat(float.NaN, left.Length)]));
            }
        }
    }
}
