using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Oracle;
using CsCheck;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Attention;

/// <summary>What holds for attention whatever the numbers: properties over random shapes.</summary>
[Trait("Speed", "Quick")]
public class AttentionAlgebraTests(TestDevices devices) : DeviceTests(devices)
{
    private const int Samples = 25;

    private static readonly Gen<AttentionCase> _cases =
        from batch in Gen.Int[1, 2]
        from keyValueHeads in Gen.Int[1, 2]
        from sharing in Gen.Int[1, 3]
        from queries in Gen.Int[1, 40]
        from keys in Gen.Int[1, 90]
        from dimension in Gen.Int[1, 40]
        select new AttentionCase(batch, keyValueHeads * sharing, keyValueHeads, queries, keys, dimension, MaskKind.Full, MemoryLayout.Dense);

    [Theory, EachBackend]
    public void Weights_sum_to_one(Backend backend) => Check((attention, options) =>
    {
        AttentionInputs inputs = AttentionRunner.Inputs(attention);
        Array.Fill(inputs.Value, 1f);

        float[] output = AttentionRunner.Run(Device(backend), attention, inputs, new NoMask(), new NoModifier(), options).Output;

        output.Should().OnlyContain(element => Math.Abs(element - 1f) < 1e-5f);
    });

    [Theory, EachBackend]
    public void The_order_of_keys_does_not_matter(Backend backend) => Check((attention, options) =>
    {
        AttentionInputs inputs = AttentionRunner.Inputs(attention);
        int[] order = [.. Enumerable.Range(0, attention.Keys)];
        new Random(attention.Seed).Shuffle(order);
        AttentionInputs shuffled = inputs with { Key = Reorder(inputs, inputs.Key, order), Value = Reorder(inputs, inputs.Value, order) };

        float[] output = AttentionRunner.Run(Device(backend), attention, shuffled, new NoMask(), new NoModifier(), options).Output;

        ErrorRule.Verify(
            output,
            AttentionOracle.Compute(inputs, new NoMask(), new NoModifier()).Output,
            AttentionOracle.Sequential(shuffled, new NoMask(), new NoModifier()),
            inputs.Value);
    });

    [Theory, EachBackend]
    public void Merging_any_splits_gives_the_whole(Backend backend) => _cases.Select(Gen.Int[1, 9]).Sample(
        (attention, splits) =>
        {
            AttentionInputs inputs = AttentionRunner.Inputs(attention);
            AttentionRunner.Verify(Device(backend), attention, inputs, new CausalMask(), new NoModifier(),
                new AttentionOptions { Algorithm = AttentionAlgorithm.SplitKv, Splits = splits });
        },
        iter: Samples, threads: 1);

    [Theory, EachBackend]
    public void A_single_key_gives_its_value(Backend backend) => Check((attention, options) =>
    {
        AttentionCase single = attention with { Keys = 1 };
        AttentionInputs inputs = AttentionRunner.Inputs(single);

        float[] output = AttentionRunner.Run(Device(backend), single, inputs, new NoMask(), new NoModifier(), options).Output;

        for (int head = 0; head < single.Heads; head++)
        {
            output.AsSpan(inputs.QueryRow(0, head, 0), single.HeadDimension).ToArray()
                .Should().Equal(inputs.Value.AsSpan(inputs.KeyRow(0, head, 0), single.HeadDimension).ToArray());
        }
    });

    // The work-group kernels go through the same algebra with the same states; here speed decides for the planner's schedule.
    private static void Check(Action<AttentionCase, AttentionOptions> property) => _cases.Sample(
        attention =>
        {
            foreach (AttentionAlgorithm algorithm in Enum.GetValues<AttentionAlgorithm>())
                property(attention, new AttentionOptions { Algorithm = algorithm });
        },
        iter: Samples, threads: 1);

    private static float[] Reorder(AttentionInputs inputs, float[] tensor, int[] order)
    {
        var reordered = new float[tensor.Length];
        int row = inputs.KeyValueHeads * inputs.HeadDimension;
        for (int batch = 0; batch < inputs.Batch; batch++)
        {
            for (int key = 0; key < inputs.Keys; key++)
                tensor.AsSpan(((batch * inputs.Keys) + order[key]) * row, row).CopyTo(reordered.AsSpan(((batch * inputs.Keys) + key) * row));
        }

        return reordered;
    }
}
