using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;

namespace AttentionKernels.Tests.BadInput;

/// <summary>
/// What every wrong call must keep: a typed exception that says what is wrong, no byte of any output changed, and the next valid call right.
/// </summary>
internal static class WrongCall
{
    /// <summary>Makes a valid call, the wrong one, and the valid one again.</summary>
    /// <typeparam name="TException">The exception that the wrong call throws.</typeparam>
    /// <param name="device">The device.</param>
    /// <param name="outputs">The outputs of both calls.</param>
    /// <param name="valid">The valid call.</param>
    /// <param name="wrong">The wrong call.</param>
    /// <param name="says">What the message contains, with * for anything.</param>
    public static void Verify<TException>(
        AttentionDevice device, IReadOnlyList<GuardedTensor<float>> outputs, Action valid, Action wrong, string says)
        where TException : Exception
    {
        valid();
        device.Synchronize();
        byte[][] before = [.. outputs.Select(output => output.Snapshot())];

        wrong.Should().Throw<TException>().WithMessage(says);

        device.Synchronize();
        foreach ((GuardedTensor<float> output, byte[] snapshot) in outputs.Zip(before))
            output.VerifySameAs(snapshot);
        foreach (GuardedTensor<float> output in outputs)
            output.View.CopyFrom(Enumerable.Repeat(float.NaN, (int)output.View.ElementCount).ToArray());
        valid();
        device.Synchronize();
        foreach ((GuardedTensor<float> output, byte[] snapshot) in outputs.Zip(before))
            output.VerifySameAs(snapshot);
    }
}
