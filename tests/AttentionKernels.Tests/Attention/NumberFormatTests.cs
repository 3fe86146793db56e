using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Attention;

/// <summary>Attention over fp16 and bf16 tensors agrees with the oracle on the stored numbers; NaN and infinities stay what they are.</summary>
public class NumberFormatTests(TestDevices devices) : DeviceTests(devices)
{
    // Odd lengths and head dimensions on all edges of vectors, blocks and tiles; rows that begin at an odd multiple of two bytes.
    private static readonly AttentionCase[] _shapes =
    [
        new(1, 1, 1, 1, 1, 1, MaskKind.CausalBottomRight, MemoryLayout.Dense),
        new(1, 2, 1, 0, 5, 8, MaskKind.CausalBottomRight, MemoryLayout.Dense),
        new(2, 6, 2, 5, 67, 3, MaskKind.CausalBottomRight, MemoryLayout.Padded),
        new(1, 4, 2, 33, 31, 17, MaskKind.CausalBottomRight, MemoryLayout.HeadsFirst),
        new(2, 8, 2, 2, 195, 64, MaskKind.CausalBottomRight, MemoryLayout.Dense),
        new(1, 5, 1, 31, 63, 71, MaskKind.CausalBottomRight, MemoryLayout.Padded),
        new(1, 9, 3, 1, 129, 128, MaskKind.CausalBottomRight, MemoryLayout.Dense),
        new(1, 2, 1, 70, 65, 159, MaskKind.CausalBottomRight, MemoryLayout.HeadsFirst),
        new(1, 1, 1, 3, 70, 300, MaskKind.CausalBottomRight, MemoryLayout.Dense),
    ];

    private static readonly AttentionCase[] _tiny = [new(1, 2, 1, 3, 5, 7, MaskKind.CausalBottomRight, MemoryLayout.Padded)];

    [Theory, EachBackend]
    public void Half_precision_agrees_with_the_oracle(Backend backend) => Verify(backend, StoredType.Float16);

    [Theory, EachBackend]
    public void Bfloat16_agrees_with_the_oracle(Backend backend) => Verify(backend, StoredType.BFloat16);

    // bf16 differs only in how vectors are loaded, which StoredElementTests hold to every number in every width.
    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true)]
    public void Half_precision_agrees_in_other_vector_widths(Backend backend, int lanes)
    {
        foreach (AttentionAlgorithm algorithm in new[] { AttentionAlgorithm.Tiled, AttentionAlgorithm.SplitKv })
        {
            int? splits = algorithm == AttentionAlgorithm.SplitKv ? 2 : null;
            foreach (AttentionCase attention in _shapes)
                AttentionRunner.Verify(Device(backend), attention, new AttentionOptions { Algorithm = algorithm, Splits = splits, Schedule = KernelSchedule.Vector, Lanes = lanes }, StoredType.Float16);
        }
    }

    [Theory, EachBackend]
    public void A_half_beyond_the_largest_becomes_infinite_and_NaN_stays_NaN(Backend backend)
    {
        AttentionCase attention = new(1, 2, 1, 1, 2, 20, MaskKind.CausalBottomRight, MemoryLayout.Dense);
        AttentionInputs inputs = AttentionRunner.Inputs(attention);
        inputs.Value[3] = float.NaN;
        inputs.Value[4] = float.PositiveInfinity;
        inputs.Value[25] = float.NegativeInfinity;
        inputs.Value[6] = 65504f;
        inputs.Value[26] = 65504f;
        foreach (AttentionOptions options in Schedules.Of(backend))
        {
            float[] output = AttentionRunner.Run(Device(backend), attention, inputs, new CausalMask(), new NoModifier(), options, StoredType.Float16).Output;

            foreach (int row in new[] { 0, 20 })
            {
                output[row + 3].Should().Be(float.NaN, options.ToString());
                output[row + 4].Should().Be(float.PositiveInfinity, options.ToString());
                output[row + 5].Should().Be(float.NegativeInfinity, options.ToString());
                output[row + 6].Should().Be(65504f, options.ToString());
                output.Where((_, index) => index >= row && index < row + 20 && index % 20 is < 3 or > 6).Should().OnlyContain(element => float.IsFinite(element), options.ToString());
            }
        }
    }

    [Theory, EachBackend]
    public void One_convenience_call_takes_and_gives_the_type(Backend backend)
    {
        AttentionDevice device = Device(backend);
        AttentionCase attention = new(1, 2, 1, 3, 4, 8, MaskKind.CausalBottomRight, MemoryLayout.Dense);
        AttentionInputs inputs = AttentionRunner.Inputs(attention);
        using Tensor<Half> query = device.Upload(StoredType.Float16.Store(inputs.Query), attention.QueryShape);
        using Tensor<Half> key = device.Upload(StoredType.Float16.Store(inputs.Key), attention.KeyShape);
        using Tensor<Half> value = device.Upload(StoredType.Float16.Store(inputs.Value), attention.KeyShape);

        using Tensor<Half> output = device.Attention(query, key, value, new CausalMask(), NumberFormat.Float16);

        StoredType.Float16.Load(output.ToArray()).Should().Equal(
            AttentionRunner.Run(device, attention, inputs, new CausalMask(), new NoModifier(), new AttentionOptions(), StoredType.Float16).Output);
    }

    private void Verify<T>(Backend backend, StoredType<T> stored)
        where T : unmanaged
    {
        foreach (AttentionOptions options in Schedules.Of(backend))
        {
            // A work group on the managed CPU is a hundred threads: tiny cases only.
            AttentionCase[] cases = backend == Backend.Cpu && options.Schedule == KernelSchedule.Simt ? _tiny : _shapes;
            foreach (AttentionCase attention in cases)
                AttentionRunner.Verify(Device(backend), attention, options, stored);
        }
    }
}
