using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Positions;

/// <summary>Rotary embedding of fp16 and bf16 heads: to the bit what the fp32 kernels compute of the same numbers, rounded once; elements behind the pairs stay.</summary>
public class StoredRotaryTests(TestDevices devices) : DeviceTests(devices)
{
    // Elements of a head, and those that are rotated: pairs around the edges of vectors and of runs.
    private static readonly (int Dimension, int Rotary)[] _heads = [(2, 2), (10, 6), (64, 64), (128, 128), (129, 126), (80, 32), (1040, 1026)];

    public static IEnumerable<object[]> Styles => [[RotaryStyle.HalfSplit], [RotaryStyle.Interleaved]];

    [Theory, EachBackend(Cases = nameof(Styles))]
    public void Heads_of_fp16_are_rotated(Backend backend, RotaryStyle style) => Verify(backend, style, StoredType.Float16);

    [Theory, EachBackend(Cases = nameof(Styles))]
    public void Heads_of_bf16_are_rotated(Backend backend, RotaryStyle style) => Verify(backend, style, StoredType.BFloat16);

    [Theory, EachBackend(ProcessorsOnly = true, Cases = nameof(Styles))]
    public void Heads_beyond_any_cache_are_as_they_are_alone(Backend backend, RotaryStyle style)
    {
        // 9 MB, which are written by non-temporal stores where both halves of a head are aligned to 16 bytes, or the whole head is.
        foreach (int dimension in (int[])[128, 130])
            VerifyAlone(Device(backend), style, [1, 2200, 16, dimension]);
    }

    private static void VerifyAlone(AttentionDevice device, RotaryStyle style, TensorShape shape)
    {
        using var table = new RotaryTable(device, 2200, (int)shape[3]);
        using Tensor<Half> input = device.Upload(StoredType.Float16.Store(RandomData.Normal(1, shape)), shape);
        using Tensor<Half> together = device.Allocate<Half>(shape);
        using Tensor<Half> alone = device.Allocate<Half>(shape.With(1, 2));

        device.RotaryEmbedding(input, table, together, style, NumberFormat.Float16);
        device.RotaryEmbedding(input.View.Slice(1, 2100, 2), table, alone, style, NumberFormat.Float16, 2100);

        together.View.Slice(1, 2100, 2).ToArray().Should().Equal(alone.ToArray());
    }

    private void Verify<T>(Backend backend, RotaryStyle style, StoredType<T> type)
        where T : unmanaged
    {
        AttentionDevice device = Device(backend);
        foreach ((int dimension, int rotary) in _heads)
        {
            using var table = new RotaryTable(device, 10, rotary);
            using Tensor<int> positions = device.Upload([3, 9, 12, 0, 7, 1], [2, 3]);
            foreach (int padding in (int[])[0, 1])
            {
                using Heads<T> query = new(device, type, [2, 3, 3, dimension], padding);
                using Heads<T> key = new(device, type, [2, 3, 1, dimension], padding);

                device.RotaryEmbedding(query.Given, table, query.Rotated, style, type.Type, 4);
                device.RotaryEmbedding(query.Single, table, query.Expected, style, 4);
                query.Verify(device);

                device.RotaryEmbedding(query.Given, table, query.Rotated, style, type.Type, positions);
                device.RotaryEmbedding(query.Single, table, query.Expected, style, positions);
                query.Verify(device);

                device.RotaryEmbedding(
                    new RotaryHeads<T>(query.Given, query.Rotated), new RotaryHeads<T>(key.Given, key.Rotated), table, style, type.Type, positions);
                device.RotaryEmbedding(key.Single, table, key.Expected, style, positions);
                query.Verify(device);
                key.Verify(device);

                query.Load();
                key.Load();
                device.RotaryEmbedding(new RotaryHeads<T>(query.Rotated), new RotaryHeads<T>(key.Rotated), table, style, type.Type, 2);
                device.RotaryEmbedding(query.Single, table, query.Expected, style, 2);
                device.RotaryEmbedding(key.Single, table, key.Expected, style, 2);
                query.Verify(device);
                key.Verify(device);
            }
        }
    }

    // The same heads in fp32 and as they are stored.
    private sealed class Heads<T> : IDisposable
        where T : unmanaged
    {
        private readonly StoredType<T> _type;
        private readonly GuardedTensor<T> _given;
        private readonly GuardedTensor<T> _rotated;

        public Heads(AttentionDevice device, StoredType<T> type, TensorShape shape, int padding)
        {
            _type = type;
            float[] elements = type.Round(RandomData.Normal((int)shape[3], shape));
            _given = GuardedTensor<T>.Of(device, type.Store(elements), shape, Strides.Padded(shape, 2, padding));
            _rotated = GuardedTensor<T>.Poisoned(device, shape, Strides.Padded(shape, 2, padding));
            Single = device.Upload(elements, shape);
            Expected = device.Allocate<float>(shape);
        }

        public TensorView<T> Given => _given;

        public TensorView<T> Rotated => _rotated;

        public Tensor<float> Single { get; }

        public Tensor<float> Expected { get; }

        // What was rotated is what is to be rotated next.
        public void Load() => Single.CopyFrom(_type.Load(_rotated.ToArray()));

        public void Verify(AttentionDevice device)
        {
            device.Synchronize();
            _given.VerifyUnchanged();
            _rotated.Verify();
            T[] expected = _type.Store(Expected.ToArray());
            _rotated.ToArray().Should().Equal(expected, (actual, wanted) => actual.Equals(wanted) || (float.IsNaN(_type.Widen(actual)) && float.IsNaN(_type.Widen(wanted))));
        }

        public void Dispose()
        {
            _given.Dispose();
            _rotated.Dispose();
            Single.Dispose();
            Expected.Dispose();
        }
    }
}
