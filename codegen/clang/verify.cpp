// What is promised of emitted code, looked for in its syntax tree. Calls are followed through the runtime's templates as they were instantiated;
// what a pool or a caller's function does is theirs. Functions that run (predict, train_step, ...) get their scratch memory from the caller and
// allocate nothing; those that prepare may make an arena of their own; constructors and destructors of the unit's types may allocate as they
// like, but where a function that runs makes such an object it is the function that does it.
#include <clang/AST/ASTConsumer.h>
#include <clang/AST/ASTContext.h>
#include <clang/AST/Decl.h>
#include <clang/AST/DeclCXX.h>
#include <clang/AST/DeclTemplate.h>
#include <clang/AST/ExprCXX.h>
#include <clang/AST/StmtCXX.h>
#include <clang/Frontend/FrontendAction.h>
#include <clang/Frontend/TextDiagnosticPrinter.h>
#include <llvm/Support/raw_ostream.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "codegen/clang/parts.h"
#include "codegen/clang/unit.h"

namespace keratin::clang_plugin {

namespace {

using clang::dyn_cast;
using clang::isa;

const std::set<std::string> kAllocating = {"malloc", "calloc", "realloc", "free", "aligned_alloc", "posix_memalign", "operator new", "operator new[]", "operator delete", "operator delete[]",
                                           "__builtin_malloc", "__builtin_calloc", "__builtin_realloc", "__builtin_free"};

enum class Allocation { none, arenas, any };

class Verifier {
 public:
  Verifier(clang::ASTContext& context, std::string& findings) : context_(context), sources_(context.getSourceManager()), findings_(findings) {}

  void run() {
    std::vector<const clang::FunctionDecl*> entries;
    collect(context_.getTranslationUnitDecl(), entries);
    for (const clang::FunctionDecl* entry : entries) {
      const auto* type = entry->getType()->getAs<clang::FunctionProtoType>();
      if (allowed(*entry) != Allocation::any && type && !type->isNothrow()) say(entry->getLocation(), entry->getNameAsString() + " is not noexcept");
    }
    for (const Allocation now : {Allocation::none, Allocation::arenas, Allocation::any}) {  // what has been walked is not walked again
      allocation_ = now;
      for (const clang::FunctionDecl* entry : entries)
        if (allowed(*entry) == now) reach(entry, entry->getLocation());
      walk_reached();
    }
  }

 private:
  std::string place(clang::SourceLocation location) {
    const clang::PresumedLoc at = sources_.getPresumedLoc(sources_.getExpansionLoc(location));
    std::string file = at.isValid() ? at.getFilename() : "";
    if (file.starts_with(kRoot)) file = file.substr(kRoot.size());
    return file + ":" + std::to_string(at.isValid() ? at.getLine() : 0);
  }

  /// Beside a place in a header stands the one in the unit that leads there.
  void say(clang::SourceLocation location, const std::string& text) {
    const bool elsewhere = from_.isValid() && !sources_.isInMainFile(sources_.getExpansionLoc(location));
    const std::string line = place(location) + ": " + text + (elsewhere ? ", reached from " + place(from_) : "") + "\n";
    if (said_.insert(line).second) findings_ += line;
  }

  void allocates(clang::SourceLocation location, const std::string& text) {
    if (allocation_ != Allocation::any) say(location, text);
  }

  static bool is_arena(const clang::CXXRecordDecl* record) {
    if (!record || !record->hasDefinition()) return false;
    if (record->getNameAsString() == "Arena") return true;
    for (const clang::CXXBaseSpecifier& base : record->bases())
      if (is_arena(base.getType()->getAsCXXRecordDecl())) return true;
    return false;
  }

  /// What an entry may do. Where its caller gives it scratch memory it needs no other.
  static Allocation allowed(const clang::FunctionDecl& entry) {
    if (isa<clang::CXXConstructorDecl, clang::CXXDestructorDecl>(entry)) return Allocation::any;
    for (const clang::ParmVarDecl* parameter : entry.parameters())
      if (is_arena(parameter->getType().getNonReferenceType()->getAsCXXRecordDecl())) return Allocation::none;
    return Allocation::arenas;
  }

  /// The unit's own functions that others call; on the way, its variables, and what its header declares.
  void collect(const clang::DeclContext* scope, std::vector<const clang::FunctionDecl*>& entries) {
    for (const clang::Decl* declaration : scope->decls()) {
      const bool own = sources_.isInMainFile(declaration->getLocation());
      const std::string file = sources_.getFilename(declaration->getLocation()).str();
      const bool runtime = file.starts_with(kRoot + "keratin/") || file.starts_with(kRoot + "std/");
      if (!own && !runtime && file.ends_with(".h")) documented(declaration);
      if (const auto* space = dyn_cast<clang::NamespaceDecl>(declaration)) collect(space, entries);
      if (const auto* linkage = dyn_cast<clang::LinkageSpecDecl>(declaration)) collect(linkage, entries);
      if (const auto* variable = dyn_cast<clang::VarDecl>(declaration); variable && !runtime) judge_state(*variable);
      const auto* function = dyn_cast<clang::FunctionDecl>(declaration);
      if (own && function && function->doesThisDeclarationHaveABody() && function->isExternallyVisible()) entries.push_back(function);
    }
  }

  /// A comment stands for the declarations up to the next empty line, or for the rest of its own line.
  void documented(const clang::Decl* declaration) {
    if (declaration->isImplicit() || declaration->getAccess() == clang::AS_private || declaration->getAccess() == clang::AS_protected) return;
    const auto* record = dyn_cast<clang::CXXRecordDecl>(declaration);
    if (record && !record->isThisDeclarationADefinition()) return;
    if (const auto* constructor = dyn_cast<clang::CXXConstructorDecl>(declaration); constructor && constructor->isDefaultConstructor()) return;  // its type's comment says it
    if (!record && !isa<clang::FunctionDecl>(declaration) && !isa<clang::VarDecl>(declaration)) return;
    if (!has_comment(declaration->getBeginLoc())) say(declaration->getLocation(), clang::cast<clang::NamedDecl>(declaration)->getNameAsString() + " has no comment");
    if (!record) return;
    for (const clang::Decl* member : record->decls())
      if (isa<clang::CXXMethodDecl>(member) || isa<clang::CXXRecordDecl>(member)) documented(member);
  }

  bool has_comment(clang::SourceLocation location) {
    const auto [file, offset] = sources_.getDecomposedLoc(sources_.getExpansionLoc(location));
    const llvm::StringRef text = sources_.getBufferData(file);
    size_t end = text.find('\n', offset);
    while (end != llvm::StringRef::npos && end > 0) {
      const size_t begin = text.rfind('\n', end);
      const llvm::StringRef line = text.slice(begin == llvm::StringRef::npos ? 0 : begin + 1, end).trim();
      if (line.contains("//")) return true;
      if (line.empty() || begin == llvm::StringRef::npos) return false;
      end = begin;
    }
    return false;
  }

  void judge_state(const clang::VarDecl& variable) {
    if (variable.hasGlobalStorage() && !variable.getType().isConstQualified() && !variable.isConstexpr() && !variable.getType()->isDependentType() && !isa<clang::VarTemplateSpecializationDecl>(variable))
      say(variable.getLocation(), variable.getNameAsString() + " is global state that changes");
  }

  void reach(const clang::FunctionDecl* function, clang::SourceLocation location) {
    const clang::FunctionDecl* definition = nullptr;
    if (!function->hasBody(definition) || definition->isDependentContext() || !reached_.insert(definition).second) return;
    open_.emplace_back(definition, sources_.isInMainFile(sources_.getExpansionLoc(location)) ? location : from_);
  }

  void walk_reached() {
    while (!open_.empty()) {
      const auto [function, from] = open_.back();
      open_.pop_back();
      from_ = from;
      if (const auto* constructor = dyn_cast<clang::CXXConstructorDecl>(function))
        for (const clang::CXXCtorInitializer* member : constructor->inits()) walk(member->getInit());
      walk(function->getBody());
    }
    from_ = {};
  }

  void walk(const clang::Stmt* statement) {
    if (!statement) return;
    if (const auto* made = dyn_cast<clang::CXXNewExpr>(statement); made && made->getNumPlacementArgs() != 1) allocates(made->getBeginLoc(), "allocates memory");
    if (const auto* ended = dyn_cast<clang::CXXDeleteExpr>(statement)) allocates(ended->getBeginLoc(), "frees memory");
    if (const auto* thrown = dyn_cast<clang::CXXThrowExpr>(statement)) say(thrown->getThrowLoc(), "throws an exception");
    if (const auto* tried = dyn_cast<clang::CXXTryStmt>(statement)) say(tried->getTryLoc(), "catches exceptions");
    if (const auto* used = dyn_cast<clang::DeclRefExpr>(statement)) use(used->getDecl(), used->getLocation());
    if (const auto* used = dyn_cast<clang::MemberExpr>(statement)) use(used->getMemberDecl(), used->getMemberLoc());
    if (const auto* made = dyn_cast<clang::CXXConstructExpr>(statement); made && (allocation_ == Allocation::none || !is_arena(made->getConstructor()->getParent())))
      reach(made->getConstructor(), made->getLocation());
    if (const auto* declared = dyn_cast<clang::DeclStmt>(statement))
      for (const clang::Decl* declaration : declared->decls())
        if (const auto* variable = dyn_cast<clang::VarDecl>(declaration)) judge_state(*variable);
    if (const auto* loop = dyn_cast<clang::ForStmt>(statement)) judge_loop(loop->getForLoc(), loop->getCond(), {loop->getCond(), loop->getInc(), loop->getBody()});
    if (const auto* loop = dyn_cast<clang::WhileStmt>(statement)) judge_loop(loop->getWhileLoc(), loop->getCond(), {loop->getCond(), loop->getBody()});
    if (const auto* loop = dyn_cast<clang::DoStmt>(statement)) judge_loop(loop->getDoLoc(), loop->getCond(), {loop->getCond(), loop->getBody()});
    if (const auto* lambda = dyn_cast<clang::LambdaExpr>(statement)) {
      for (const clang::Expr* capture : lambda->capture_inits()) walk(capture);
      if (!lambda->isGenericLambda()) walk(lambda->getBody());  // a generic one is walked where it is called
      return;
    }
    for (const clang::Stmt* part : statement->children()) walk(part);
  }

  void use(const clang::ValueDecl* declaration, clang::SourceLocation location) {
    if (const auto* variable = dyn_cast<clang::VarDecl>(declaration)) judge_state(*variable);
    const auto* function = dyn_cast<clang::FunctionDecl>(declaration);
    if (!function) return;
    if (kAllocating.contains(function->getNameAsString())) allocates(location, "calls " + function->getNameAsString());
    reach(function, location);
  }

  /// A loop ends where it has a way out, and something that its condition reads changes within it.
  void judge_loop(clang::SourceLocation location, const clang::Expr* condition, const std::vector<const clang::Stmt*>& parts) {
    clang::Expr::EvalResult value;
    const bool constant = condition && !condition->isValueDependent() && condition->EvaluateAsRValue(value, context_) && value.Val.isInt();
    const bool always = !condition || (constant && value.Val.getInt() != 0);
    if (constant && !always) return;  // not once, or once
    if (leaves(parts.back(), true)) return;
    if (always) return say(location, "a loop has no end");
    std::set<const clang::Decl*> read;
    variables_in(condition, read);
    for (const clang::Stmt* part : parts)
      if (changes(part, read)) return;
    say(location, "a loop changes nothing that its end depends on");
  }

  static bool leaves(const clang::Stmt* statement, bool outermost) {
    if (!statement || isa<clang::LambdaExpr>(statement)) return false;
    if (isa<clang::ReturnStmt>(statement) || isa<clang::GotoStmt>(statement) || (outermost && isa<clang::BreakStmt>(statement))) return true;
    const bool inner = isa<clang::ForStmt>(statement) || isa<clang::WhileStmt>(statement) || isa<clang::DoStmt>(statement) || isa<clang::SwitchStmt>(statement);
    for (const clang::Stmt* part : statement->children())
      if (leaves(part, outermost && !inner)) return true;
    return false;
  }

  static void variables_in(const clang::Stmt* statement, std::set<const clang::Decl*>& found) {
    if (!statement) return;
    if (const auto* used = dyn_cast<clang::DeclRefExpr>(statement)) found.insert(used->getDecl());
    if (const auto* used = dyn_cast<clang::MemberExpr>(statement)) found.insert(used->getMemberDecl());
    for (const clang::Stmt* part : statement->children()) variables_in(part, found);
  }

  /// Whether one of these is assigned, stepped, or given away by reference or address.
  static bool changes(const clang::Stmt* statement, const std::set<const clang::Decl*>& read) {
    if (!statement) return false;
    const auto names = [&](const clang::Stmt* target) {
      std::set<const clang::Decl*> named;
      variables_in(target, named);
      for (const clang::Decl* one : named)
        if (read.contains(one)) return true;
      return false;
    };
    if (const auto* binary = dyn_cast<clang::BinaryOperator>(statement); binary && binary->isAssignmentOp() && names(binary->getLHS())) return true;
    if (const auto* unary = dyn_cast<clang::UnaryOperator>(statement); unary && (unary->isIncrementDecrementOp() || unary->getOpcode() == clang::UO_AddrOf) && names(unary->getSubExpr())) return true;
    if (const auto* call = dyn_cast<clang::CallExpr>(statement))
      for (const clang::Expr* argument : call->arguments())
        if (argument->isLValue() && !argument->getType().isConstQualified() && names(argument)) return true;
    if (const auto* method = dyn_cast<clang::CXXMemberCallExpr>(statement); method && names(method->getImplicitObjectArgument())) return true;
    for (const clang::Stmt* part : statement->children())
      if (changes(part, read)) return true;
    return false;
  }

  clang::ASTContext& context_;
  const clang::SourceManager& sources_;
  std::string& findings_;
  std::set<std::string> said_;  // an instantiation says the same as the next
  std::set<const clang::FunctionDecl*> reached_;
  std::vector<std::pair<const clang::FunctionDecl*, clang::SourceLocation>> open_;  // and where the unit leads there
  clang::SourceLocation from_;
  Allocation allocation_ = Allocation::none;  // of what is walked
};

class Consumer : public clang::ASTConsumer {
 public:
  explicit Consumer(std::string& findings) : findings_(findings) {}
  void HandleTranslationUnit(clang::ASTContext& context) override {
    if (!context.getDiagnostics().hasErrorOccurred()) Verifier(context, findings_).run();
  }

 private:
  std::string& findings_;
};

class Action : public clang::ASTFrontendAction {
 public:
  explicit Action(std::string& findings) : findings_(findings) {}

 private:
  std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance&, llvm::StringRef) override { return std::make_unique<Consumer>(findings_); }
  std::string& findings_;
};

}  // namespace

bool verify(const ClangRequest* request, ClangSink findings) {
  initialize_target();
  std::string said, found;
  llvm::raw_string_ostream stream(said);
  auto options = llvm::makeIntrusiveRefCnt<clang::DiagnosticOptions>();
  options->ShowCarets = false;
  options->ShowOptionNames = true;
  clang::TextDiagnosticPrinter printer(stream, options.get());
  const FileSystem files = files_of(*request);
  const auto instance = instance_of(*request, files, *options, printer);
  Action action(found);
  const bool read = instance && instance->ExecuteAction(action);
  if (!read && said.empty()) said = "the flags make no compilation\n";
  for (size_t at = said.find(kRoot); at != std::string::npos; at = said.find(kRoot)) said.erase(at, kRoot.size());
  said += found;
  if (!said.empty()) give(findings, said);
  return said.empty();
}

}  // namespace keratin::clang_plugin
