// Text to object code: Clang's driver turns flags into options, its front end and back end do what clang++ -c does, all in memory.
#include <clang/CodeGen/BackendUtil.h>
#include <clang/CodeGen/CodeGenAction.h>
#include <clang/Driver/Compilation.h>
#include <clang/Driver/Driver.h>
#include <clang/Frontend/CompilerInvocation.h>
#include <clang/Frontend/TextDiagnosticPrinter.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/TargetParser/Host.h>

#include <mutex>
#include <string>
#include <vector>

#include "codegen/clang/parts.h"
#include "codegen/clang/unit.h"

namespace keratin::clang_plugin {

FileSystem files_of(const ClangRequest& request) {
  auto files = llvm::makeIntrusiveRefCnt<llvm::vfs::InMemoryFileSystem>();
  for (size_t i = 0; i < request.file_count; ++i) {
    const ClangFile& file = request.files[i];
    files->addFile(kRoot + file.name, 0, llvm::MemoryBuffer::getMemBuffer(llvm::StringRef(file.data, file.size), file.name));
  }
  return files;
}

namespace {

/// What is said of all units, before the request's own flags.
std::vector<std::string> arguments_of(const ClangRequest& request) {
  // GCC fuses products and sums wherever it may; Clang says of some processors that their features do not go together.
  std::vector<std::string> words = {"clang++", "-std=c++17", "-fPIC", "-fvisibility=hidden", "-ffp-contract=fast", "-nostdinc", "-nostdinc++", "-Wno-invalid-feature-combination", "-I" + kRoot,
                                    "-isystem", kRoot + "std"};
  words.insert(words.end(), request.flags, request.flags + request.flag_count);
  words.insert(words.end(), {"-c", kRoot + request.unit, "-o", "-"});
  return words;
}

/// Options of the front end; null where the driver refuses a flag.
std::shared_ptr<clang::CompilerInvocation> invocation_of(const ClangRequest& request, const FileSystem& files, clang::DiagnosticsEngine& diagnostics) {
  const std::vector<std::string> words = arguments_of(request);
  std::vector<const char*> arguments;
  for (const std::string& word : words) arguments.push_back(word.c_str());
  clang::driver::Driver driver("clang++", llvm::sys::getProcessTriple(), diagnostics, "keratin", files);
  driver.setCheckInputsExist(false);
  const std::unique_ptr<clang::driver::Compilation> compilation(driver.BuildCompilation(arguments));
  if (!compilation || diagnostics.hasErrorOccurred() || compilation->getJobs().size() != 1) return nullptr;
  auto invocation = std::make_shared<clang::CompilerInvocation>();
  if (!clang::CompilerInvocation::CreateFromArgs(*invocation, compilation->getJobs().begin()->getArguments(), diagnostics)) return nullptr;
  invocation->getFrontendOpts().DisableFree = false;  // a process compiles more than once
  invocation->getCodeGenOpts().DisableFree = false;
  invocation->getCodeGenOpts().DisableLLVMPasses = true;  // they run once, in emit_object
  return invocation;
}

}  // namespace

std::unique_ptr<clang::CompilerInstance> instance_of(const ClangRequest& request, const FileSystem& files, clang::DiagnosticOptions& options, clang::DiagnosticConsumer& printer) {
  const auto diagnostics = clang::CompilerInstance::createDiagnostics(&options, &printer, false);
  const auto invocation = invocation_of(request, files, *diagnostics);
  if (!invocation) return nullptr;
  auto instance = std::make_unique<clang::CompilerInstance>();
  instance->setInvocation(invocation);
  instance->createDiagnostics(&printer, false);
  instance->setVerboseOutputStream(llvm::nulls());  // it counts errors there
  instance->createFileManager(files);
  instance->createSourceManager(instance->getFileManager());
  return instance;
}

namespace {

/// Binary data that the assembler would read from a file becomes a symbol that may lie anywhere.
bool leave_data_out(llvm::Module& module, const ClangRequest& request) {
  for (size_t i = 0; i < request.symbol_count; ++i) {
    llvm::GlobalVariable* variable = module.getNamedGlobal(request.symbols[i]);
    if (!variable) continue;  // another unit's
    variable->setVisibility(llvm::GlobalValue::DefaultVisibility);
    variable->setDSOLocal(false);
    module.setModuleInlineAsm("");
  }
  return module.getModuleInlineAsm().empty();
}

bool emit_object(clang::CompilerInstance& instance, llvm::Module& module, const FileSystem& files, llvm::SmallVectorImpl<char>& object) {
  clang::CodeGenOptions& options = instance.getCodeGenOpts();
  options.DisableLLVMPasses = false;
  clang::EmitBackendOutput(instance.getDiagnostics(), instance.getHeaderSearchOpts(), options, instance.getTargetOpts(), instance.getLangOpts(), instance.getTarget().getDataLayoutString(), &module,
                           clang::Backend_EmitObj, files, std::make_unique<llvm::raw_svector_ostream>(object));
  return !instance.getDiagnostics().hasErrorOccurred();
}

/// The empty string, or what is wrong.
std::string compile_unit(const ClangRequest& request, llvm::SmallVectorImpl<char>& object) {
  std::string said;
  llvm::raw_string_ostream stream(said);
  auto options = llvm::makeIntrusiveRefCnt<clang::DiagnosticOptions>();
  clang::TextDiagnosticPrinter printer(stream, options.get());
  const FileSystem files = files_of(request);
  const auto instance = instance_of(request, files, *options, printer);
  if (!instance) return said.empty() ? "the flags make no compilation" : said;
  llvm::LLVMContext context;
  clang::EmitLLVMOnlyAction action(&context);
  if (!instance->ExecuteAction(action)) return said.empty() ? "the front end failed" : said;
  const std::unique_ptr<llvm::Module> module = action.takeModule();
  if (!leave_data_out(*module, request)) return "assembler at file scope";
  if (module->getNamedGlobal("llvm.global_ctors")) return "a static object that needs code to start";  // nobody would run it
  if (!emit_object(*instance, *module, files, object)) return said.empty() ? "the back end failed" : said;
  return "";
}

}  // namespace

void initialize_target() {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    llvm::InitializeNativeTargetAsmParser();
  });
}

bool compile(const ClangRequest* request, ClangSink object, ClangSink messages) {
  initialize_target();
  llvm::SmallVector<char, 0> bytes;
  const std::string wrong = compile_unit(*request, bytes);
  if (wrong.empty()) give(object, {bytes.data(), bytes.size()});
  else give(messages, wrong);
  return wrong.empty();
}

}  // namespace keratin::clang_plugin
