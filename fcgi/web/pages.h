/* The handlers of all pages, named in the table of fcgi/web/route.c. */
#ifndef MIRAI_WEB_PAGES_H
#define MIRAI_WEB_PAGES_H

#include "page.h"

/* public.c */
void public_landing(struct page *p);
void public_pricing(struct page *p);
void public_terms(struct page *p);
void public_privacy(struct page *p);

/* login.c */
void login_page(struct page *p);
void login_error(struct page *p);
void login_logout(struct page *p);

/* recover.c */
void recover_page(struct page *p);
void recover_reset(struct page *p);
void recover_verification(struct page *p);
void recover_registration(struct page *p);

/* wizard.c */
void wizard_page(struct page *p);
void wizard_post(struct page *p);

/* onboard.c */
void onboard_page(struct page *p);
void onboard_post(struct page *p);
void onboard_alias(struct page *p);

/* invite.c */
void invite_page(struct page *p);
void invite_post(struct page *p);

/* account.c */
void account_page(struct page *p);
void account_post(struct page *p);

/* dashboard.c */
void dashboard_page(struct page *p);

/* courses.c */
void courses_back(struct page *p);
void courses_publish(struct page *p);
void courses_unpublish(struct page *p);
void courses_delete_ask(struct page *p);
void courses_delete(struct page *p);

/* library.c */
void library_page(struct page *p);
void library_folder(struct page *p);

/* builder.c */
void builder_page(struct page *p);
void builder_post(struct page *p);
void builder_back(struct page *p);

/* builder_sources.c */
void builder_sme_page(struct page *p);
void builder_sme_create(struct page *p);

/* builder_start.c */
void builder_start(struct page *p);
void builder_again_ask(struct page *p);
void builder_again(struct page *p);
void builder_reject_ask(struct page *p);
void builder_reject(struct page *p);

/* builder_job.c */
void builder_cancel_ask(struct page *p);
void builder_cancel(struct page *p);

/* builder_outline.c */
void builder_approve(struct page *p);
void builder_lessons_write(struct page *p);
void builder_lesson_write(struct page *p);

/* builder_edit.c */
void builder_edit_page(struct page *p);
void builder_edit_post(struct page *p);

/* builder_lessons.c */
void builder_finalize(struct page *p);

/* builder_component.c */
void builder_component_save(struct page *p);

/* builder_rewrite.c */
void builder_rewrite(struct page *p);

/* notifications.c */
void notifications_page(struct page *p);
void notifications_back(struct page *p);
void notifications_read(struct page *p);
void notifications_read_all(struct page *p);
void notifications_delete(struct page *p);

/* player.c */
void player_page(struct page *p);
void player_post(struct page *p);

/* export.c */
void export_page(struct page *p);
void export_post(struct page *p);
void export_download(struct page *p);

/* settings.c */
void settings_page(struct page *p);
void settings_back(struct page *p);

/* settings_company.c */
void settings_company_save(struct page *p);
void settings_company_workspace(struct page *p);

/* settings_people.c */
void settings_people_invite(struct page *p);
void settings_people_resend(struct page *p);
void settings_people_revoke_ask(struct page *p);
void settings_people_revoke(struct page *p);
void settings_people_role(struct page *p);
void settings_people_remove_ask(struct page *p);
void settings_people_remove(struct page *p);

/* settings_ai.c */
void settings_ai_key_page(struct page *p);
void settings_ai_key(struct page *p);
void settings_ai_provider_page(struct page *p);
void settings_ai_provider(struct page *p);
void settings_ai_remove_ask(struct page *p);
void settings_ai_remove(struct page *p);

/* settings_billing.c */
void settings_billing_checkout(struct page *p);
void settings_billing_portal(struct page *p);

/* audiences.c */
void audiences_page(struct page *p);
void audiences_back(struct page *p);

/* audiences_edit.c */
void audiences_edit_new(struct page *p);
void audiences_edit_create(struct page *p);
void audiences_edit_page(struct page *p);
void audiences_edit_save(struct page *p);
void audiences_edit_archive(struct page *p);
void audiences_edit_restore(struct page *p);
void audiences_edit_ask(struct page *p);
void audiences_edit_delete(struct page *p);

/* smes.c */
void smes_page(struct page *p);
void smes_back(struct page *p);

/* smes_edit.c */
void smes_edit_new(struct page *p);
void smes_edit_create(struct page *p);
void smes_edit_page(struct page *p);
void smes_edit_save(struct page *p);
void smes_edit_ask(struct page *p);
void smes_edit_archive(struct page *p);
void smes_edit_restore(struct page *p);

/* smes_submit.c */
void smes_submit_page(struct page *p);
void smes_submit_post(struct page *p);
void smes_submit_file(struct page *p);

/* smes_review.c */
void smes_review_page(struct page *p);
void smes_review_post(struct page *p);
void smes_review_download(struct page *p);

/* smes_chunk.c */
void smes_chunk_page(struct page *p);
void smes_chunk_save(struct page *p);
void smes_chunk_ask(struct page *p);
void smes_chunk_delete(struct page *p);

/* smes_task.c */
void smes_task_new(struct page *p);
void smes_task_create(struct page *p);
void smes_task_page(struct page *p);
void smes_task_save(struct page *p);
void smes_task_cancel_ask(struct page *p);
void smes_task_cancel(struct page *p);
void smes_task_delete_ask(struct page *p);
void smes_task_delete(struct page *p);

/* teams.c */
void teams_page(struct page *p);
void teams_team(struct page *p);
void teams_back(struct page *p);

/* teams_edit.c */
void teams_edit_new(struct page *p);
void teams_edit_create(struct page *p);
void teams_edit_page(struct page *p);
void teams_edit_save(struct page *p);
void teams_edit_ask(struct page *p);
void teams_edit_delete(struct page *p);

/* teams_member.c */
void teams_member_add_page(struct page *p);
void teams_member_add(struct page *p);
void teams_member_role(struct page *p);
void teams_member_ask(struct page *p);
void teams_member_remove(struct page *p);

#endif
