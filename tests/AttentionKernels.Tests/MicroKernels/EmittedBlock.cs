using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using AttentionKernels.Devices;
using AttentionKernels.Tests.Cuda;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.OpenCL;
using ILGPU.Runtime;
using ILGPU.Runtime.OpenCL;

namespace AttentionKernels.Tests.MicroKernels;

/// <summary>The OpenCL C or PTX that stands for a micro-kernel in a kernel that calls it once, laid out to be read.</summary>
/// <param name="Name">The micro-kernel with its compile-time choices.</param>
/// <param name="Text">The block.</param>
internal sealed partial record EmittedBlock(string Name, string Text)
{
    private const string Title = "// ";

    /// <summary>Compiles a kernel to OpenCL C, without a device or a driver, and cuts the block out.</summary>
    public static EmittedBlock Of(MethodInfo entry) => Blocks(Compile(entry)).Single();

    /// <summary>Compiles a kernel to PTX likewise, and cuts out all its blocks: a kernel has to call some for the sake of others.</summary>
    public static IEnumerable<EmittedBlock> OfPtx(MethodInfo entry) => Blocks(OfflineCompiler.Compile(entry));

    private static IEnumerable<EmittedBlock> Blocks(string source)
    {
        string[] lines = source.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return Enumerable.Range(0, lines.Length - 1)
            .Where(index => lines[index] == "{" && lines[index + 1].StartsWith(Title, StringComparison.Ordinal))
            .Select(first => new EmittedBlock(lines[first + 1][Title.Length..], WithoutNumbers(Block(lines, first))));
    }

    private static string Block(string[] lines, int first)
    {
        var text = new StringBuilder();
        int depth = 0;
        for (int index = first; index == first || depth > 0; index++)
        {
            string line = lines[index];
            int before = depth;
            depth += line.Count(letter => letter == '{') - line.Count(letter => letter == '}');
            int indent = line.StartsWith('#') ? 0 : line.StartsWith('}') ? before - 1 : before;

            // Behind its block, ILGPU ends the statement.
            text.Append(' ', 4 * indent).Append(depth == 0 ? "}" : line).Append('\n');
        }

        return text.ToString();
    }

    private static string Compile(MethodInfo entry)
    {
        using Context context = Context.Create(builder => builder.AttentionKernels());
        var capabilities = new CLCapabilityContext(
            float16: false, float64: true, genericAddressSpace: true, int64_Atomics: false, subGroups: false);
        using var backend = new CLBackend(context, capabilities, CLDeviceVendor.Other, new CLCVersion(3, 0));
        Optimiser.Repair(backend);
        var description = EntryPointDescription.FromExplicitlyGroupedKernel(entry);
        return ((CLCompiledKernel)backend.Compile(description, KernelSpecialization.Empty)).Source;
    }

    // How many variables, registers and labels the kernel around the block has is not its matter.
    private static string WithoutNumbers(string text)
    {
        var names = new Dictionary<string, string>();
        return Variable().Replace(text, match =>
        {
            if (!names.TryGetValue(match.Value, out string? name))
                names.Add(match.Value, name = $"{match.Groups["kind"].Value}{names.Count}");
            return name;
        });
    }

    [GeneratedRegex(@"\b(?<kind>var)\d+\b|(?<kind>%[a-z]+)\d+\b|\b(?<kind>L_)\d+\b")]
    private static partial Regex Variable();
}
