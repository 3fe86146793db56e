using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using AttentionKernels.Devices;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace AttentionKernels.Tests.Cuda;

/// <summary>Compiles kernels to PTX without a GPU or a driver.</summary>
internal static partial class OfflineCompiler
{
    private const int Usual = 80;

    // Contexts are independent of each other, but what they have in common is not said to be safe.
    private static readonly Lock _compiling = new();

    /// <summary>The PTX of an explicitly grouped kernel for sm_80.</summary>
    /// <param name="entry">What a launch runs.</param>
    /// <param name="architecture">Another architecture.</param>
    public static string Compile(MethodInfo entry, int architecture = Usual)
    {
        lock (_compiling)
        {
            // A context per kernel: what one compilation leaves behind must not reach the next.
            using Context context = Context.Create(builder => builder.AttentionKernels());
            using PTXBackend backend = Backend(context, architecture);
            Optimiser.Repair(backend);
            return Compile(backend, entry);
        }
    }

    /// <summary>What compiles for an architecture, as ILGPU has it.</summary>
    public static PTXBackend Backend(Context context, int architecture = Usual) => new(
        context, new CudaArchitecture(architecture / 10, architecture % 10),
        architecture < 90 ? CudaInstructionSet.ISA_70 : CudaInstructionSet.ISA_78, null!);

    /// <summary>The PTX of an explicitly grouped kernel as <paramref name="backend"/> compiles it.</summary>
    public static string Compile(PTXBackend backend, MethodInfo entry)
    {
        CompiledKernel compiled = backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(entry), KernelSpecialization.Empty);
        return ((PTXCompiledKernel)KernelCompilation.Mend(compiled)).PTXAssembly;
    }

    /// <summary>PTX without the numbers that ILGPU gives names: they go up from one compilation to the next.</summary>
    public static string WithoutNumbers(string ptx) => Numbered().Replace(ptx, "");

    /// <summary>PTX for sm_80 as ILGPU writes it for another architecture: nothing differs but the header.</summary>
    public static string For(string ptx, int architecture) => Version().Replace(
        Target().Replace(ptx, string.Create(CultureInfo.InvariantCulture, $".target sm_{architecture}"), count: 1),
        architecture < 90 ? ".version 7.0" : ".version 7.8", count: 1);

    [GeneratedRegex(@"_\d+\b")]
    private static partial Regex Numbered();

    [GeneratedRegex(@"^\.target sm_\d+", RegexOptions.Multiline)]
    private static partial Regex Target();

    [GeneratedRegex(@"^\.version \d+\.\d+", RegexOptions.Multiline)]
    private static partial Regex Version();
}
