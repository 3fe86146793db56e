using AttentionKernels.Devices;
using AttentionKernels.Tests.Infrastructure;
using ILGPU.Backends.PTX;

namespace AttentionKernels.Tests.Cuda.Mutations;

/// <summary>Runs a covering case with each mutant of its kernel. ILGPU compiles a kernel once; a mutant is another text of the
/// same.</summary>
internal sealed class MutationRun
{
    private readonly MutationCase _case;
    private readonly Dictionary<string, PTXCompiledKernel> _compiled = [];
    private readonly AttentionDevice _device;
    private readonly byte[][] _expected;

    private MutationRun(AttentionDevice device, MutationCase covering)
    {
        _case = covering;
        _device = device;
        _expected = [.. covering.Run(With(mutant: null))];
        if (!_expected.SelectMany(bytes => bytes).SequenceEqual(covering.Run(With(mutant: null)).SelectMany(bytes => bytes)))
            throw new InvalidOperationException($"{covering.Name} gives other bits the second time.");
    }

    /// <summary>For each mutant of a case's kernel two lines: its kind and place, before it runs, and what became of it.</summary>
    /// <param name="name">The case.</param>
    /// <param name="first">The first mutant.</param>
    public static IEnumerable<string> Lines(string name, int first)
    {
        using AttentionDevice device = AttentionDevice.Open(Backends.Family(Infrastructure.Backend.Cuda));
        var run = new MutationRun(device, MutationCases.All.Single(covering => covering.Name == name));
        string ptx = run._compiled.Single(kernel => run.IsMutated(kernel.Key)).Value.PTXAssembly;
        foreach (Mutant mutant in Mutations.Of(ptx).Skip(first))
        {
            yield return $"{mutant.Kind} {mutant.Place}";
            yield return run.Outcome(mutant).ToString();
        }
    }

    // A fault that the driver's checks find fails the launch.
    private MutationOutcome Outcome(Mutant mutant)
    {
        try
        {
            using IEnumerator<byte[]> outputs = _case.Run(With(mutant)).GetEnumerator();
            foreach (byte[] expected in _expected)
            {
                if (!outputs.MoveNext() || !expected.AsSpan().SequenceEqual(outputs.Current))
                    return MutationOutcome.WrongResult;
            }

            return MutationOutcome.Survived;
        }
        catch (DeviceFailedException)
        {
            return MutationOutcome.Check;
        }
    }

    private AttentionDevice With(Mutant? mutant) => _device.As(_device.Description, (name, compile) =>
    {
        if (!_compiled.TryGetValue(name, out PTXCompiledKernel? kernel))
            _compiled.Add(name, kernel = (PTXCompiledKernel)compile());
        return mutant is not null && IsMutated(name) ? KernelCompilation.WithText(kernel, mutant.Ptx) : kernel;
    });

    private bool IsMutated(string kernel) => kernel.Split('<')[0] == _case.Kernel;
}
